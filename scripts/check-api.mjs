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
  sdk: ['.'],
  server: ['.'],
  protocol: ['./wire', './sync', './numbered'],
}
/** The types of the protocol are inferred from schemas, which its entry points keep to themselves. */
const INFERRED = new Set(['protocol'])
const isChecking = process.argv.includes('--check')
const problems = []

function declarationsOf(folder, entry) {
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = join(folder, exports[entry].types)
  if (!existsSync(file)) throw new Error(`${file} was not built`)
  return file
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
          files: PACKAGES[name].map((one) => declarationsOf(folder, one)),
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

function isProblem(name, message) {
  switch (message.messageId) {
    case 'ae-undocumented':
      return !isMember(message)
    case 'ae-forgotten-export':
      return !INFERRED.has(name)
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

function compare({ file, report }, scratch) {
  const text = readFileSync(join(scratch, 'reports', report), 'utf8')
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
    const prepared = entries.map((entry) => prepare(name, entry, scratch))
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
