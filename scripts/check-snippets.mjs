// Type-checks every ```ts and ```tsx fence of the docstrings (packages/*/src), the READMEs and docs/ against the built packages,
// in one run of the compiler, and names what is wrong by the file and line in which it stands.
//
// How to write a snippet:
//   ```ts                 a piece of a program. What the packages export needs no import here, and the names that are declared
//                         in scripts/snippets/free-names.d.ts (client, url, conversationId ...) no declaration.
//   ```ts file=server.ts  a whole file, which a reader could save under this name: it imports whatever it uses, and may import
//                         the other named files of the same page. A name that comes again is the file's next version.
// Other packages must be devDependencies of packages/sdk. Running the snippets is for the tests; here they must only be right.
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'
import { root } from './files.mjs'
import { allSnippets } from './snippets.mjs'

const PACKAGES = ['sdk', 'server', 'protocol']
const DECLARATIONS = join(root, 'scripts', 'snippets')
/** Below a package, so that other packages are found as from there. */
const FOLDER = join(root, 'packages', 'sdk', 'node_modules', '.cache', 'snippets')

/** Import specifier -> declarations, of every entry point. */
function entryPoints() {
  return Object.fromEntries(
    PACKAGES.flatMap((name) => {
      const folder = join(root, 'packages', name)
      const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
      return Object.entries(exports)
        .filter(([, conditions]) => conditions.types !== undefined)
        .map(([entry, { types }]) => [posix.join('@tidings', name, entry), join(folder, types)])
    }),
  )
}

/** What an entry point exports, name -> specifier. A name of several entries is the first one's. */
function exportedNames(entries) {
  const names = new Map()
  for (const [specifier, file] of Object.entries(entries)) {
    if (specifier.startsWith('@tidings/protocol')) continue
    const text = readFileSync(file, 'utf8')
    const lists = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list]) =>
      list.split(',').map((name) => name.trim().replace(/^.* as |^type /, '')),
    )
    const single = [
      ...text.matchAll(/^export (?:declare )?(?:function|const|class|interface|type) (\w+)/gm),
    ].map(([, name]) => name)
    for (const name of [...lists, ...single])
      if (name !== '' && !names.has(name)) names.set(name, specifier)
  }
  return names
}

/** One line of imports: what a piece of a program uses and neither imports nor declares by itself. */
function importsFor(code, exported) {
  const words = new Set(code.replace(/'[^'\n]*'/g, '').match(/\b[A-Za-z_]\w*\b/g))
  const own = new Set(
    [...code.matchAll(/\b(?:const|let|function|class|interface|type)\s+(\w+)/g)].map(([, n]) => n),
  )
  for (const [, list] of code.matchAll(/\b(?:const|let)\s*[{[]([^=]*)[}\]]\s*=/g))
    for (const name of list.match(/\w+/g) ?? []) own.add(name)
  for (const [, list] of code.matchAll(/\bimport\s+(?:type\s+)?(?:\w+,?\s*)?\{([^}]*)\}/g))
    for (const name of list.split(',')) own.add(name.trim().replace(/^.* as |^type /, ''))
  const wanted = [...words].filter((word) => exported.has(word) && !own.has(word))
  return wanted.map((name) => `import { ${name} } from '${exported.get(name)}'; `).join('')
}

/** Writes the snippets as files; answers generated file -> snippet. A page has a folder for each version of its files. */
function writeSnippets(snippets, exported) {
  const written = new Map()
  for (const snippet of snippets) {
    const name = snippet.name ?? `line-${snippet.line}.${snippet.language}`
    let folder = join(FOLDER, snippet.source.replace(/\W+/g, '-'))
    while (written.has(join(folder, name))) folder += '-next'
    const file = join(folder, name)
    mkdirSync(dirname(file), { recursive: true })
    const head = snippet.name === undefined ? importsFor(snippet.code, exported) : ''
    writeFileSync(file, `${head}\n${snippet.code}\nexport {}\n`)
    written.set(file, snippet)
  }
  return written
}

function writeConfig(entries, files) {
  const compilerOptions = {
    ...{ module: 'ESNext', moduleResolution: 'bundler', target: 'ES2022', noEmit: true },
    ...{ lib: ['ES2023', 'ESNext.Disposable', 'DOM', 'DOM.Iterable'], types: ['node'] },
    ...{ jsx: 'react-jsx', allowImportingTsExtensions: true, skipLibCheck: true },
    strict: true,
    typeRoots: [join(root, 'node_modules', '@types')],
    paths: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, [file]])),
  }
  const config = { compilerOptions, files: [...files, ...readdirSync(DECLARATIONS)] }
  writeFileSync(join(FOLDER, 'tsconfig.json'), JSON.stringify(config, undefined, 2))
}

/** The compiler's report, with the places where the snippets really stand. */
function translate(report, written) {
  return report.replace(/^(\S+?)\((\d+),(\d+)\)/gm, (place, path, line) => {
    const snippet = written.get(join(FOLDER, ...path.split('/')))
    return snippet === undefined ? place : `${snippet.source}:${snippet.line + Number(line) - 1}`
  })
}

const all = Object.entries(entryPoints())
const missing = all.filter(([, file]) => !existsSync(file)).map(([, file]) => relative(root, file))
for (const file of missing) console.error(`${file} was not built`)
const entries = Object.fromEntries(all.filter(([, file]) => existsSync(file)))
rmSync(FOLDER, { recursive: true, force: true })
mkdirSync(FOLDER, { recursive: true })
cpSync(DECLARATIONS, FOLDER, { recursive: true })
const snippets = allSnippets()
const written = writeSnippets(snippets, exportedNames(entries))
const files = [...written.keys()].map((file) => relative(FOLDER, file).split(sep).join('/'))
writeConfig(entries, files)
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const run = spawnSync(process.execPath, [compiler, '--pretty', 'false'], {
  cwd: FOLDER,
  encoding: 'utf8',
})
if (run.stdout !== '') console.error(translate(run.stdout, written))
console.log(`${snippets.length} snippets compiled`)
process.exitCode = run.status === 0 && missing.length === 0 ? 0 : 1
