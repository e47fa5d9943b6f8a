/** The look of `/docs`. Its digest stands in the page's policy, so that no other style applies. */
export const DOCS_STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d8dbe0, #3a3f47); --soft: light-dark(#f4f5f7, #1d2025); --accent: light-dark(#0b5cad, #7cb7ff); --quiet: light-dark(#5a6270, #a3abb8); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 4rem; font: 1rem/1.5 system-ui, sans-serif; background: light-dark(#fff, #14161a); color: light-dark(#1a1d21, #e6e8eb); }
h1 { font-size: 1.6rem; margin: 0 0 .5rem; }
h2 { margin: 2rem 0 .5rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); font-size: 1.2rem; }
h3 { margin: .75rem 0 .25rem; font-size: .85rem; color: var(--quiet); }
a { color: var(--accent); }
nav a { margin-right: .75rem; }
code, pre, .method { font: .9rem/1.45 ui-monospace, monospace; }
pre { margin: 0; padding: .75rem; overflow-x: auto; background: var(--soft); border-radius: .4rem; }
details { padding: .4rem 0; border-bottom: 1px solid var(--line); }
summary { cursor: pointer; padding: .2rem 0; }
summary:focus-visible, a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: .2rem; }
details > pre, details > h3 { margin-left: 1rem; }
.method { display: inline-block; min-width: 4.2em; font-weight: 600; color: var(--accent); }
.open { padding: 0 .4em; font-size: .8rem; border: 1px solid var(--line); border-radius: .6em; color: var(--quiet); }
.what { display: block; margin-left: 1rem; color: var(--quiet); }
`
