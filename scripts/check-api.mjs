// What the packages export, as text in git (packages/*/etc/*.api.md), so that a change of it is seen in review.
//   npm run api                         writes the reports anew
//   node scripts/check-api.mjs --check  fails when a report differs, when something exported has no docstring, or when a
//                                       declaration of the client or the server names a type that is not exported
// Reads the built declarations. The reports hold no schemas: those are in the recorded hash of the wire contract.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { CompilerState, Extractor, ExtractorConfig } from '@microsoft/api-extractor'
import { root } from './files.mjs'

const PACKAGES = {
  sdk: ['.', './core', './react', './testing', './indexeddb', './file', './sqlite', './tabs'],
  server: ['.'],
  protocol: ['./wire', './sync', './numbered'],
}
/** Whose types are partly inferred, from schemas and from the router: only the client's are all written down. */
const INFERRED = new Set(['protocol', 'server'])
const isChecking = process.argv.includes('--check')
const problems = []

function declarationsOf(folder, entry) {
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return join(folder, exports[entry].types)
}

function builtEntries(name) {
  const folder = join(root, 'packages', name)
  return PACKAGES[name].filter((entry) => existsSync(declarationsOf(folder, entry)))
}

function prepare(name, entry, scratch) {
  const folder = join(root, 'packages', name)
  const file = declarationsOf(folder, entry)
  const quiet = { default: { logLevel: 'none' } }
  const reportFileName = `${[name, ...entry.split('/').slice(1)].join('-')}.api.md`
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: file,
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            ...{ module: 'NodeNext', target: 'ES2022', strict: true, skipLibCheck: true },
            ...{ lib: ['ES2023', 'ESNext.Disposable', 'DOM'], types: ['node'] },
            typeRoots: [join(root, 'node_modules', '@types')],
          },
          files: builtEntries(name).map((one) => declarationsOf(folder, one)),
        },
      },
      apiReport: {
        ...{ enabled: true, reportFileName },
        ...{ reportFolder: join(scratch, 'reports'), reportTempFolder: scratch },
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: 'error' } },
        // What is said here goes to `listen`, not into the report.
        extractorMessageReporting: { default: { logLevel: 'error' } },
        tsdocMessageReporting: quiet,
      },
      newlineKind: 'lf',
    },
    packageJsonFullPath: join(folder, 'package.json'),
    configObjectFullPath: undefined,
  })
  return { config, file: join(folder, 'etc', reportFileName), report: reportFileName }
}

/** The line of a source; members of a type are indented there, what is exported is not. */
function isMember({ sourceFilePath, sourceFileLine }) {
  const line = readFileSync(sourceFilePath, 'utf8').split('\n')[sourceFileLine - 1]
  return /^\s/.test(line ?? '')
}

/** The other entry points of the client name what the core exports: whoever has them has the core. */
const exportedByCore = new Set()

function isProblem(name, message) {
  switch (message.messageId) {
    case 'ae-undocumented':
      return !isMember(message)
    case 'ae-forgotten-export':
      return !INFERRED.has(name) && !exportedByCore.has(/"(\w+)"/.exec(message.text)[1])
    case 'ae-missing-release-tag':
    // Members of generic interfaces, which it cannot follow; what it can follow is checked by the snippets.
    case 'ae-unresolved-link':
      return false
    default:
      return message.category !== 'console' && message.category !== 'TSDoc'
  }
}

const listen = (name) => (message) => {
  message.handled = true
  if (!isProblem(name, message)) return
  const file = message.sourceFilePath?.replace(root, '')
  problems.push(`${file}:${message.sourceFileLine}: ${message.text}`)
}

/** Who installs the client alone cannot import from the protocol: what the client's types name of it, it must export itself. */
function readCore(text) {
  const protocol = /^import (?:type )?\{ (\w+)(?: as \w+)? \} from '@tidings\/protocol/gm
  const lines = [...text.matchAll(/^export \{ (\w+)(?: as (\w+))? \}/gm)]
  const own = [
    ...text.matchAll(/^export (?:\w+ )*?(?:class|const|function|interface|type) (\w+)/gm),
  ]
  for (const [, name, shown] of [...lines, ...own]) exportedByCore.add(shown ?? name)
  for (const [, name] of text.matchAll(protocol)) {
    if (!exportedByCore.has(name))
      problems.push(`packages/sdk/src/index.ts must export ${name} of the protocol`)
  }
}

/** What only our own insides import says nothing of what is exported. */
function withoutIdleImports(text) {
  const isImport = (line) => /^import .*;$/.test(line)
  const lines = text.split('\n')
  const rest = lines.filter((line) => !isImport(line)).join('\n')
  const isUsed = (line) => {
    const [, name] = /(\w+)(?: \})? from '/.exec(line)
    return new RegExp(`\\b${name}\\b`).test(rest)
  }
  return lines.filter((line) => !isImport(line) || isUsed(line)).join('\n')
}

function compare({ file, report }, scratch) {
  const text = withoutIdleImports(readFileSync(join(scratch, 'reports', report), 'utf8'))
  if (report === 'sdk.api.md') readCore(text)
  if (!isChecking) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    return
  }
  const known = existsSync(file) ? readFileSync(file, 'utf8') : ''
  if (known === text) return
  const [before, after] = [known.split('\n'), text.split('\n')]
  const gone = before.filter((line) => !after.includes(line)).map((line) => `  - ${line}`)
  const come = after.filter((line) => !before.includes(line)).map((line) => `  + ${line}`)
  const lines = [...gone, ...come].slice(0, 20).join('\n')
  problems.push(
    `${file.replace(root, '')} differs from what is exported. If that is meant: npm run api\n${lines}`,
  )
}

const scratch = mkdtempSync(join(tmpdir(), 'tidings-api-'))
let count = 0
try {
  mkdirSync(join(scratch, 'reports'))
  for (const [name, entries] of Object.entries(PACKAGES)) {
    const built = builtEntries(name)
    for (const entry of entries)
      if (!built.includes(entry)) problems.push(`@tidings/${name} ${entry} was not built`)
    const prepared = built.map((entry) => prepare(name, entry, scratch))
    const [first, ...others] = prepared.map(({ config }) => config)
    const additionalEntryPoints = others.map((config) => config.mainEntryPointFilePath)
    const compilerState = CompilerState.create(first, { additionalEntryPoints })
    for (const one of prepared) {
      const messageCallback = listen(name)
      Extractor.invoke(one.config, { localBuild: true, compilerState, messageCallback })
      compare(one, scratch)
      count += 1
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
for (const problem of new Set(problems)) console.error(problem)
console.log(`${count} entry points ${isChecking ? 'compared' : 'written'}`)
process.exitCode = problems.length > 0 ? 1 : 0
