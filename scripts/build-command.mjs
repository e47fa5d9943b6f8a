// Bundles the command, src/main.ts, into packages/server/dist/bundle, where `tidings-server` and `npm start` run it: a start loads
// a few files, not seven hundred. Nothing is done when nothing has changed: node scripts/build-command.mjs [folder]
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { filesBelow, root } from './files.mjs'

const own = join(root, 'packages', 'server')
/** As deep below the package as the sources that look for the migrations and the playground from where they lie. */
const output = join(own, 'dist', 'bundle')
const STAMP = '.stamp'

/** Addons stay where they are installed; the second one is oslo's, and no dependency of ours. */
const ADDONS = {
  'better-sqlite3': `module.exports = require('better-sqlite3')`,
  '@node-rs/argon2': `module.exports = require('node:module').createRequire(require.resolve('oslo/password'))('@node-rs/argon2')`,
  '@node-rs/bcrypt': `module.exports = require('node:module').createRequire(require.resolve('oslo/password'))('@node-rs/bcrypt')`,
}

/** What nobody asked for; it comes with a way of importing. */
const UNWANTED = [
  {
    path: /\/zod\/v4\/locales\/(?!en\.js$)/,
    advice: `"import { z } from 'zod'" brings every language of zod's: write "import * as z from 'zod'"`,
  },
  {
    path: /\/node_modules\/postgres\/|\/drizzle-orm\/pg-core\/dialect\.js$/,
    advice:
      'only db/open.ts and realtime/open-broker.ts may import what is for Postgres alone, by import()',
  },
  {
    path: /\/node_modules\/ioredis\//,
    advice: 'only realtime/redis-link.ts may import ioredis, by import()',
  },
  {
    path: /\/node_modules\/nodemailer\//,
    advice: 'only mailer.ts may import nodemailer, by import()',
  },
]

function stampOf() {
  const files = [
    ...filesBelow('packages/server/src', ['.ts', '.tsx']),
    ...filesBelow('packages/protocol/src', ['.ts']),
    ...['pnpm-lock.yaml', 'scripts/build-command.mjs'],
  ]
  const hash = createHash('sha256')
  for (const file of files)
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

function readStamp(folder) {
  try {
    return readFileSync(join(folder, STAMP), 'utf8')
  } catch {
    return undefined
  }
}

/** Modules by name: addons, and what `import()` answers. */
const modules = {
  name: 'modules',
  setup(build) {
    const names = new RegExp(`^(?:${Object.keys(ADDONS).join('|')})$`)
    build.onResolve({ filter: names }, ({ path, kind, importer }) => {
      if (kind === 'require-call' && importer in ADDONS) return { path, external: true }
      return { path, namespace: 'written', sideEffects: false, pluginData: dirname(importer) }
    })
    build.onLoad({ filter: /.*/, namespace: 'written' }, ({ path, pluginData }) => ({
      contents: ADDONS[path],
      resolveDir: pluginData,
    }))
    build.onResolve({ filter: /^[^.]/ }, ({ path, kind, resolveDir }) => {
      if (kind !== 'dynamic-import' || isBuiltin(path)) return undefined
      return { path, namespace: 'named', pluginData: resolveDir }
    })
    build.onLoad({ filter: /.*/, namespace: 'named' }, async ({ path, pluginData }) => ({
      contents: `export { ${(await namesOf(path, pluginData)).join(', ')} } from '${path}'`,
      resolveDir: pluginData,
    }))
  },
}

/** What Node finds in a package, one in CommonJS included: of such a one esbuild would answer the default alone. */
async function namesOf(name, from) {
  const file = createRequire(join(from, 'from.js')).resolve(name)
  // The mark of what was compiled to CommonJS is no export of the same package as ESM.
  const isName = (key) => /^\w+$/.test(key) && key !== '__esModule'
  return Object.keys(await import(pathToFileURL(file).href)).filter(isName)
}

async function bundle(outdir) {
  // Loaded here: most starts find everything built.
  const { build } = await import('esbuild')
  const { metafile } = await build({
    entryPoints: [join(own, 'src', 'main.ts')],
    outdir,
    chunkNames: 'part-[hash]',
    ...{ bundle: true, splitting: true, format: 'esm', platform: 'node', target: 'node20.19' },
    ...{ sourcemap: 'linked', sourcesContent: false, legalComments: 'none', metafile: true },
    conditions: ['@tidings/source'],
    plugins: [modules],
    banner: {
      js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)`,
    },
    absWorkingDir: root,
    logLevel: 'warning',
  })
  return metafile
}

/** The files that the start loads: not those that are asked for by `import()`. */
function loadedAtStart({ outputs }) {
  const entry = Object.keys(outputs).find((file) =>
    outputs[file].entryPoint?.endsWith('server/src/main.ts'),
  )
  const seen = new Set()
  const add = (file) => {
    if (outputs[file] === undefined || seen.has(file)) return
    seen.add(file)
    for (const { path, kind } of outputs[file].imports) if (kind === 'import-statement') add(path)
  }
  add(entry)
  return [...seen].flatMap((file) => Object.entries(outputs[file].inputs))
}

function requireWanted(metafile) {
  const inputs = loadedAtStart(metafile)
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => path)
  for (const { path, advice } of UNWANTED) {
    const found = inputs.find((input) => path.test(input))
    if (found !== undefined)
      throw new Error(`the command would load ${found} at its start: ${advice}`)
  }
}

/** The folder of the package that a bundled file belongs to, if it is not ours. */
function packageOf(input) {
  if (!input.includes('node_modules/')) return undefined
  for (let folder = dirname(join(root, input)); folder !== root; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json')
    // Some packages have further manifests inside, which say only how files are to be read.
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version) return folder
  }
  return undefined
}

/** The licences of what is in the bundle, as they ask for. */
function licencesOf({ inputs }) {
  const folders = [...new Set(Object.keys(inputs).map(packageOf))].filter(Boolean)
  const texts = folders.map((folder) => {
    const { name, version, license } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    )
    const files = readdirSync(folder).filter((file) => /^licen[cs]e/i.test(file))
    const text = files.map((file) => readFileSync(join(folder, file), 'utf8').trim()).join('\n\n')
    return `${name} ${version} (${license})\n\n${text || `The package carries no text of its licence, which is ${license}.`}\n`
  })
  return `The command is bundled with these packages.\n\n${texts.sort().join(`\n${'-'.repeat(80)}\n\n`)}`
}

/** Answers whether it had to build. Fails with esbuild's own errors. */
export async function buildCommand(folder = output) {
  const stamp = stampOf()
  if (readStamp(folder) === stamp) return false
  const scratch = `${folder}.${process.pid}`
  try {
    const metafile = await bundle(scratch)
    requireWanted(metafile)
    mkdirSync(scratch, { recursive: true })
    writeFileSync(join(scratch, 'LICENSES.txt'), licencesOf(metafile))
    writeFileSync(join(scratch, STAMP), stamp)
    // Another build may have been quicker, and what it made be running.
    if (readStamp(folder) !== stamp) replace(scratch, folder)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  return true
}

/** At once, so that a command that starts meanwhile never finds half of it; another build may do the same. */
function replace(scratch, folder) {
  rmSync(folder, { recursive: true, force: true })
  try {
    renameSync(scratch, folder)
  } catch (error) {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const folder = process.argv[2] === undefined ? output : resolve(process.argv[2])
  const isBuilt = await buildCommand(folder)
  const shown = relative(process.cwd(), folder).split(sep).join('/')
  console.log(isBuilt ? `The command was bundled into ${shown}` : 'Nothing has changed')
}
