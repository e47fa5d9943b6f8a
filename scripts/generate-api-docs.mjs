// The reference of what the packages export, as Markdown made of the docstrings (docs/api).
//   npm run docs:api                            writes the pages anew
//   node scripts/generate-api-docs.mjs --check  fails when a page is not what it would write
// Reads the built declarations.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CompilerState, Extractor, ExtractorConfig } from '@microsoft/api-extractor'
import { format, resolveConfig } from 'prettier'
import { root } from './files.mjs'

/** The pages: package, entry point, what it is. */
const PAGES = [
  ['sdk', '.', 'The client.'],
  ['sdk', './core', 'The client without a store.'],
  ['sdk', './react', 'Hooks for React.'],
  ['sdk', './testing', 'The real server, and real clients, in the process of a test.'],
  ['sdk', './indexeddb', 'A storage for browsers.'],
  ['sdk', './file', 'A storage for Node: one file.'],
  ['sdk', './sqlite', 'A storage for Node: SQLite.'],
  ['sdk', './tabs', 'Several tabs of a browser as one client.'],
  ['server', '.', 'The server, for apps that embed it.'],
]
const FOLDER = join(root, 'docs', 'api')
const ORDER = ['Function', 'Class', 'Interface', 'TypeAlias', 'Variable', 'Namespace', 'Enum']

const pageName = (name, entry) => [name, ...entry.split('/').slice(1)].join('-')
const specifier = (name, entry) => `@tidings/${name}${entry.slice(1)}`

function configOf(name, entry, scratch) {
  const folder = join(root, 'packages', name)
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = join(folder, exports[entry].types)
  if (!existsSync(file)) return undefined
  return ExtractorConfig.prepare({
    configObject: {
      ...{ projectFolder: folder, mainEntryPointFilePath: file },
      // What is taken of these is shown as the package's own.
      bundledPackages: ['@tidings/protocol', '@tidings/sdk'].filter((one) => !one.endsWith(name)),
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            ...{ module: 'NodeNext', target: 'ES2022', strict: true, skipLibCheck: true },
            ...{ lib: ['ES2023', 'ESNext.Disposable', 'DOM'], types: ['node'] },
            typeRoots: [join(root, 'node_modules', '@types')],
          },
          files: [file],
        },
      },
      apiReport: { enabled: false },
      docModel: { enabled: true, apiJsonFilePath: join(scratch, `${pageName(name, entry)}.json`) },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
    },
    packageJsonFullPath: join(folder, 'package.json'),
    configObjectFullPath: undefined,
  })
}

/** One program of the compiler for all entry points of a package: it is what takes the time. */
const programs = new Map()

function programOf(name, config, scratch) {
  const entries = PAGES.filter(([other]) => other === name)
  const configs = entries.map(([, entry]) => configOf(name, entry, scratch)).filter(Boolean)
  const additionalEntryPoints = configs.map((one) => one.mainEntryPointFilePath)
  const program = programs.get(name) ?? CompilerState.create(config, { additionalEntryPoints })
  programs.set(name, program)
  return program
}

/** What an entry point exports, with its docstrings. */
function readModel(name, entry, scratch) {
  const config = configOf(name, entry, scratch)
  if (config === undefined) return undefined
  const compilerState = programOf(name, config, scratch)
  // What is wrong with the declarations is said by check-api.mjs.
  const messageCallback = (message) => (message.handled = true)
  Extractor.invoke(config, { localBuild: true, compilerState, messageCallback })
  return JSON.parse(readFileSync(config.apiJsonFilePath, 'utf8')).members[0].members
}

const signatureOf = ({ excerptTokens }) =>
  excerptTokens
    .map(({ text }) => text)
    .join('')
    .replace(/^export (declare )?/, '')
    .trim()
    .replace(/;$/, '')

/** A docstring as Markdown: its text, then what its tags say. */
function proseOf({ docComment = '' }) {
  const text = docComment
    .trim()
    .replace(/^\/\*\*|\*\/$/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .trim()
    .replace(
      /\{@link ([^}|]+?)(?:\s*\|\s*([^}]+))?\}/g,
      (_, target, shown) => `\`${shown ?? target}\``,
    )
  const [prose, ...tags] = text.split(/^@(?=\w)|(?<=[.\s])@(?=throws |default )/m)
  return [prose.trim(), ...tags.map(tagged)].filter(Boolean).join('\n\n')
}

function tagged(tag) {
  const [, name, text] = /^(\w+)\s*([\s\S]*)$/.exec(tag)
  const body = text.trim()
  switch (name) {
    case 'example':
      return body
    case 'throws':
      return `Throws: ${body.replace(/^TidingsError,? ?/, '')}`.replace(/: $/, ': `TidingsError`.')
    case 'default':
      return `Default: ${/^['`[\d]/.test(body) ? `\`${body.replaceAll('`', '')}\`` : body}.`
    case 'param':
      return body.replace(/^(\w+)\s+-\s+/, '`$1`: ')
    default:
      return `${name}: ${body}`
  }
}

const fence = (code) => `\`\`\`typescript\n${code}\n\`\`\``

function section(member) {
  const { name, members = [] } = member
  const shown = members.filter((inner) => inner.docComment || inner.kind !== 'Constructor')
  const inner = shown.map(
    (one) => `- \`${signatureOf(one).replace(/\s+/g, ' ')}\`\n${indented(one)}`,
  )
  return [`### ${name}`, fence(signatureOf(member)), proseOf(member), inner.join('\n')]
    .filter(Boolean)
    .join('\n\n')
}

function indented(member) {
  const prose = proseOf(member)
  return prose === '' ? '' : `\n${prose}\n`.replace(/^(?=.)/gm, '  ')
}

const HEADINGS = {
  Function: 'Functions',
  Class: 'Classes',
  Interface: 'Interfaces',
  TypeAlias: 'Types',
  Variable: 'Values',
  Namespace: 'Namespaces',
  Enum: 'Enumerations',
}

function pageOf([name, entry, what], members) {
  const groups = ORDER.map((kind) => [kind, members.filter((member) => member.kind === kind)])
  const parts = groups
    .filter(([, own]) => own.length > 0)
    .map(([kind, own]) => [`## ${HEADINGS[kind]}`, ...own.map(section)].join('\n\n'))
  const note = '<!-- Made of the docstrings by npm run docs:api. -->'
  return [note, `# ${specifier(name, entry)}`, what, ...parts].join('\n\n')
}

function indexOf(pages) {
  const rows = pages.map(
    ({ name, entry, what }) =>
      `- [\`${specifier(name, entry)}\`](${pageName(name, entry)}.md): ${what}`,
  )
  return ['<!-- Made by npm run docs:api. -->', '# API reference', ...rows].join('\n\n')
}

async function render(scratch) {
  const problems = []
  const files = new Map()
  const pages = []
  for (const [name, entry, what] of PAGES) {
    const members = readModel(name, entry, scratch)
    if (members === undefined) problems.push(`${specifier(name, entry)} was not built`)
    else {
      files.set(`${pageName(name, entry)}.md`, pageOf([name, entry, what], members))
      pages.push({ name, entry, what })
    }
  }
  files.set('README.md', indexOf(pages))
  const options = await resolveConfig(join(FOLDER, 'README.md'))
  for (const [file, text] of files)
    files.set(file, await format(text, { ...options, parser: 'markdown' }))
  return { files, problems }
}

const isChecking = process.argv.includes('--check')
const scratch = mkdtempSync(join(tmpdir(), 'tidings-docs-api-'))
try {
  const { files, problems } = await render(scratch)
  mkdirSync(FOLDER, { recursive: true })
  const known = new Map(
    readdirSync(FOLDER).map((file) => [file, readFileSync(join(FOLDER, file), 'utf8')]),
  )
  for (const file of known.keys()) {
    if (files.has(file)) continue
    if (isChecking) problems.push(`docs/api/${file} is of nothing that is exported`)
    else rmSync(join(FOLDER, file))
  }
  for (const [file, text] of files) {
    if (known.get(file) === text) continue
    if (isChecking)
      problems.push(`docs/api/${file} is not what the docstrings say: npm run docs:api`)
    else writeFileSync(join(FOLDER, file), text)
  }
  for (const problem of problems) console.error(problem)
  console.log(`${files.size} pages ${isChecking ? 'compared' : 'written'}`)
  process.exitCode = problems.length > 0 ? 1 : 0
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
