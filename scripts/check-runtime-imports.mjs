// What the built client packages really load: types are gone from the output, so each import that is left costs bytes in
// a browser. Walks dist/*.js from the entry points below and fails on a package that is not in the list.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { root } from './files.mjs'

const ENTRIES = [
  { entry: '@tidings/protocol/wire', loads: [] },
  { entry: '@tidings/protocol/sync', loads: [] },
  { entry: '@tidings/sdk', loads: [] },
  { entry: '@tidings/sdk/core', loads: [] },
  { entry: '@tidings/sdk/react', loads: ['react'] },
  { entry: '@tidings/sdk/indexeddb', loads: [] },
  { entry: '@tidings/sdk/tabs', loads: [] },
  { entry: '@tidings/sdk/file', loads: ['node:'] },
  { entry: '@tidings/sdk/sqlite', loads: ['node:', 'better-sqlite3'] },
  { entry: '@tidings/sdk/testing', loads: ['node:', '@tidings/server', 'ws'] },
]
/** Its own packages are its own business. */
const OUTSIDE = new Set(['@tidings/server', '@tidings/server/testing'])
const IMPORT =
  /(?:^|[\s;}])(?:import|export)\s*(?:[\w*{][^'"`;]*?from\s*)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g

function fileOf(specifier, from) {
  if (specifier.startsWith('#')) {
    const folder = /^.*packages\/[^/]+/.exec(from)[0]
    const { imports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    return join(folder, imports[specifier].default.default)
  }
  if (specifier.startsWith('.')) return join(dirname(from), specifier)
  const [, name, subpath] = /^@tidings\/([^/]+)(\/.*)?$/.exec(specifier) ?? []
  if (!name || OUTSIDE.has(specifier)) return undefined
  const folder = join(root, 'packages', name)
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return join(folder, exports[`.${subpath ?? ''}`].import)
}

/** Every outside package that loading `file` loads, with the file that asks for it. */
function loadedBy(file, seen, found) {
  if (seen.has(file)) return found
  seen.add(file)
  const code = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/[^\n]*/gm, '')
  for (const [, direct, lazy] of code.matchAll(IMPORT)) {
    const specifier = direct ?? lazy
    const next = fileOf(specifier, file)
    if (next) loadedBy(next, seen, found)
    else found.set(specifier, relative(root, file))
  }
  return found
}

let failed = false
for (const { entry, loads } of ENTRIES) {
  const file = fileOf(entry, root)
  if (!existsSync(file)) {
    console.error(`${entry}: ${relative(root, file)} was not built`)
    failed = true
    continue
  }
  const isExpected = (name) =>
    loads.some((one) => name === one || name.startsWith(one.endsWith(':') ? one : `${one}/`))
  for (const [name, from] of loadedBy(file, new Set(), new Map())) {
    if (isExpected(name)) continue
    console.error(`${entry} loads ${name} at run time (from ${from}): import types only`)
    failed = true
  }
}
console.log(`${ENTRIES.length} entry points walked`)
process.exitCode = failed ? 1 : 0
