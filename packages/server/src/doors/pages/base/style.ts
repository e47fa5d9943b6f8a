import { createHash } from 'node:crypto'

/** The look of all pages, light and dark by the reader's own choice. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f5f6f8, #0f1216);
  --card: light-dark(#ffffff, #171b21);
  --ink: light-dark(#171a1f, #e9ebee);
  --quiet: light-dark(#515967, #a9b1bd);
  --line: light-dark(#d8dce3, #303742);
  --field: light-dark(#7d8694, #6b7585);
  --accent: light-dark(#0b56b4, #8cbaff);
  --on-accent: light-dark(#ffffff, #0a1930);
  --bad: light-dark(#a1140f, #ffa39b);
  --bad-soft: light-dark(#fdeceb, #33191a);
  --good: light-dark(#13632f, #86dba3);
  --good-soft: light-dark(#e9f6ed, #14291c);
  --warn: light-dark(#7a4a00, #f2c274);
  --warn-soft: light-dark(#fdf3df, #30240f);
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; overflow-wrap: anywhere; }
a { color: var(--accent); text-underline-offset: .15em; }
h1 { margin: 0 0 1rem; font-size: 1.6rem; line-height: 1.25; letter-spacing: -.01em; }
h2 { margin: 0 0 .75rem; font-size: 1.1rem; line-height: 1.3; }
p { margin: 0 0 .75rem; }
code { font: .9em/1.4 ui-monospace, "Cascadia Mono", Menlo, monospace; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: .25rem; }
main:focus { outline: none; }
.skip { position: absolute; left: -100vw; top: 0; padding: .5rem 1rem; background: var(--card); z-index: 1; }
.skip:focus { left: 0; }
.bar { background: var(--card); border-bottom: 1px solid var(--line); }
.bar-in { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1.25rem; max-width: 64rem; margin: 0 auto; padding: .6rem 1.25rem; }
.brand { font-weight: 700; letter-spacing: -.01em; }
.bar nav { flex: 1; }
.bar ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: 0; padding: 0; list-style: none; }
.bar nav a { display: inline-block; padding: .25rem 0; color: var(--quiet); text-decoration: none; border-bottom: 2px solid transparent; }
.bar nav a:hover { color: var(--ink); }
.bar nav a[aria-current] { color: var(--ink); border-color: var(--accent); }
.bar nav a { white-space: nowrap; }
.who { display: flex; margin-left: auto; align-items: center; gap: .75rem; color: var(--quiet); }
@media (max-width: 40rem) { .bar nav { order: 1; flex-basis: 100%; } }
main { max-width: 64rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
main.narrow { max-width: 27rem; padding-top: 3.5rem; }
.sections { margin: -.5rem 0 1.5rem; }
.sections ul { display: flex; flex-wrap: wrap; gap: .5rem; margin: 0; padding: 0; list-style: none; }
.sections a { display: inline-block; padding: .25rem .8rem; border: 1px solid var(--line); border-radius: 2rem; background: var(--card); color: var(--ink); text-decoration: none; font-size: .95rem; }
.sections a[aria-current] { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
.card { margin: 0 0 1.25rem; padding: 1.25rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; }
.card > :last-child { margin-bottom: 0; }
.quiet { color: var(--quiet); }
.small { font-size: .9rem; }
.notice { margin: 0 0 1.25rem; padding: .75rem 1rem; border-radius: .5rem; border-left: 4px solid; }
.notice > :last-child { margin-bottom: 0; }
.notice ul { margin: .25rem 0 0; padding-left: 1.25rem; }
.bad { background: var(--bad-soft); border-color: var(--bad); }
.good { background: var(--good-soft); border-color: var(--good); }
.warn { background: var(--warn-soft); border-color: var(--warn); }
.field { margin: 0 0 1rem; }
.field > label, legend { display: block; margin: 0 0 .25rem; padding: 0; font-weight: 600; }
.hint { display: block; margin: 0 0 .35rem; color: var(--quiet); font-size: .9rem; }
.problem { display: block; margin: 0 0 .35rem; color: var(--bad); font-size: .9rem; }
fieldset { margin: 0 0 1rem; padding: 0; border: 0; min-width: 0; }
input[type=text], input[type=password], input[type=url], input[type=number], input[type=search], textarea, select { display: block; width: 100%; padding: .55rem .7rem; font: inherit; color: inherit; background: var(--page); border: 1px solid var(--field); border-radius: .45rem; }
textarea { min-height: 5.5rem; resize: vertical; }
[aria-invalid=true] { border-color: var(--bad); border-width: 2px; }
.choice { display: flex; gap: .6rem; align-items: baseline; margin: 0 0 .5rem; }
.choice input { flex: none; width: 1.05rem; height: 1.05rem; margin: 0; accent-color: var(--accent); transform: translateY(.15rem); }
button, .button { display: inline-block; padding: .5rem 1rem; font: inherit; font-weight: 600; line-height: 1.4; border: 1px solid var(--accent); border-radius: .45rem; background: var(--accent); color: var(--on-accent); text-decoration: none; cursor: pointer; }
button:hover, .button:hover { filter: brightness(1.08); }
button.plain { background: transparent; border-color: var(--field); color: var(--ink); }
button.danger { background: transparent; border-color: var(--bad); color: var(--bad); }
button.link { padding: 0; border: 0; background: none; color: var(--accent); font-weight: 400; text-decoration: underline; text-underline-offset: .15em; }
.wide { width: 100%; text-align: center; }
.buttons { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; }
.buttons form { margin: 0; }
.stack { display: grid; gap: .75rem; }
.decision { align-items: flex-start; }
.decision summary { padding: .5rem 0; }
.search { display: flex; flex-wrap: wrap; gap: .75rem; align-items: flex-end; }
.search .field { flex: 1 1 14rem; margin: 0; }
.rows { margin: 0; padding: 0; list-style: none; }
.rows > li { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; justify-content: space-between; padding: .85rem 0; border-top: 1px solid var(--line); }
.rows > li:first-child { border-top: 0; padding-top: 0; }
.rows > li:last-child { padding-bottom: 0; }
.rows p { margin: 0; }
.rows button { padding: .3rem .75rem; font-size: .92rem; }
.what { flex: 1 1 16rem; min-width: 0; }
.facts { display: grid; grid-template-columns: minmax(8rem, max-content) 1fr; gap: .35rem 1.25rem; margin: 0 0 1rem; }
.facts dt { color: var(--quiet); }
.facts dd { margin: 0; min-width: 0; }
.facts ul { margin: 0; padding: 0; list-style: none; }
.tag { display: inline-block; padding: .05rem .55rem; border: 1px solid; border-radius: 1rem; font-size: .82rem; font-weight: 600; white-space: nowrap; vertical-align: .08em; }
.tag.neutral { color: var(--quiet); }
.tag.good { color: var(--good); }
.tag.bad { color: var(--bad); }
.tag.warn { color: var(--warn); }
.secret { display: block; margin: .25rem 0 .75rem; padding: .6rem .75rem; background: var(--page); border: 1px dashed var(--field); border-radius: .45rem; user-select: all; }
.scopes { margin: 0 0 1rem; padding: 0; list-style: none; }
.scopes li { padding: .5rem 0 .5rem 1.6rem; border-top: 1px solid var(--line); position: relative; }
.scopes li:first-child { border-top: 0; }
.scopes li::before { content: "✓"; position: absolute; left: .2rem; color: var(--good); font-weight: 700; }
.face { flex: none; display: grid; place-items: center; width: 3rem; height: 3rem; border-radius: .75rem; background: var(--accent); color: var(--on-accent); font-size: 1.4rem; font-weight: 700; }
.head { display: flex; gap: 1rem; align-items: center; margin: 0 0 1rem; }
.head h1 { margin: 0; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .95rem; }
th, td { padding: .5rem 1rem .5rem 0; text-align: left; vertical-align: top; border-top: 1px solid var(--line); overflow-wrap: normal; }
td time { white-space: nowrap; }
td code { overflow-wrap: normal; }
td:last-child { min-width: 16rem; overflow-wrap: anywhere; }
td:last-child code { overflow-wrap: anywhere; }
thead th { border-top: 0; color: var(--quiet); font-weight: 600; }
details > summary { cursor: pointer; font-weight: 600; }
details[open] > summary { margin-bottom: .75rem; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: 0 1.25rem; }
footer { max-width: 64rem; margin: 0 auto; padding: 0 1.25rem 2rem; color: var(--quiet); font-size: .9rem; }
`

/** A browser may keep the file for ever: with other content it has another name. */
export const STYLE_FILE: string = `style-${createHash('sha256').update(STYLE).digest('hex').slice(0, 12)}.css`
