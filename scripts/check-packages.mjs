// Uses the packages as a stranger would: packs them, lints the archives, installs them in empty folders, type-checks programs
// there with skipLibCheck off, runs them in Node, and builds one with Vite that Chromium opens. Only this notices declarations
// that name what was not published, and files that were not packed.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packArchives, PNPM, run } from './archives.mjs'
import { root } from './files.mjs'
import { tryInChromium } from './try-in-chromium.mjs'

const PUBLISHED = ['protocol', 'server', 'sdk']
const TYPES = { '@types/node': '20.19.43', typescript: '7.0.2' }
const REACT = {
  ...{ react: '19.3.1', 'react-dom': '19.3.1' },
  ...{ '@types/react': '19.3.0', '@types/react-dom': '19.3.0' },
}
const SQLITE = { 'better-sqlite3': '12.11.1', '@types/better-sqlite3': '7.6.13' }
const ADDONS = { 'better-sqlite3': true, esbuild: true }

const bin = (folder, path) => [process.execPath, join(folder, 'node_modules', path)]

function lintArchive(archive) {
  run(root, [...bin(root, 'publint/src/cli.js'), archive, '--strict'])
  run(root, [...bin(root, '@arethetypeswrong/cli/dist/index.js'), archive, '--profile', 'esm-only'])
}

/** The program on the README's first screen, with the address left to whoever runs it. */
function readmeProgram() {
  const [, code] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))
  return code.replaceAll("'http://127.0.0.1:3000'", "process.env['TIDINGS_URL'] ?? ''")
}

const writeJson = (folder, name, value) =>
  writeFileSync(join(folder, name), JSON.stringify(value, undefined, 2))

/** Installs the named packages from their archives, and others from npm, in an empty folder with a program of ours in it. */
function installIn(folder, archives, { program, packages, others }) {
  const file = (name) => `file:${archives[name]}`
  const own = Object.fromEntries(packages.map((name) => [`@tidings/${name}`, file(name)]))
  writeJson(folder, 'package.json', {
    ...{ name: 'consumer', private: true, type: 'module' },
    dependencies: { ...own, ...TYPES, ...others },
  })
  writeJson(folder, 'pnpm-workspace.yaml', {
    allowBuilds: ADDONS,
    overrides: Object.fromEntries(PUBLISHED.map((name) => [`@tidings/${name}`, file(name)])),
  })
  cpSync(join(root, 'scripts', 'consumer', program), folder, { recursive: true })
  run(folder, [...PNPM, 'install', '--no-frozen-lockfile'])
}

function compile(folder, name, compilerOptions) {
  writeJson(folder, name, {
    compilerOptions: {
      ...{ module: 'NodeNext', target: 'ES2022', strict: true, exactOptionalPropertyTypes: true },
      ...{ lib: ['ES2023', 'ESNext.Disposable', 'DOM'], types: ['node'], skipLibCheck: false },
      ...compilerOptions,
    },
    exclude: ['bare', 'dist', 'node_modules'],
  })
  run(folder, [...bin(folder, 'typescript/bin/tsc'), '-p', name])
}

/** The client alone: every entry point that needs no server. Without the DOM and Node, the core. */
function useClient(folder, archives) {
  installIn(folder, archives, {
    ...{ program: 'client', packages: ['sdk', 'protocol'] },
    others: { ...REACT, ...SQLITE },
  })
  compile(folder, 'tsconfig.json', {})
  run(folder, [process.execPath, 'client.js'])
  compile(folder, 'bare/tsconfig.json', {
    ...{ module: 'ESNext', moduleResolution: 'bundler', noEmit: true },
    ...{ lib: ['ES2022'], types: [] },
  })
}

/** The server embedded, and everything of the client that talks to it. */
function useServer(folder, archives) {
  installIn(folder, archives, {
    ...{ program: 'server', packages: ['sdk', 'server'] },
    others: { ...REACT, ...SQLITE },
  })
  writeFileSync(join(folder, 'readme.ts'), readmeProgram())
  // drizzle-orm's declarations name drivers that nobody installs.
  compile(folder, 'tsconfig.json', { skipLibCheck: true, jsx: 'react-jsx' })
  run(folder, [process.execPath, 'server.js'])
}

/** An app for browsers, built by Vite, against a packed server. */
async function useBrowser(folder, archives) {
  installIn(folder, archives, {
    ...{ program: 'browser', packages: ['sdk', 'server'] },
    others: { ...REACT, vite: '8.3.8' },
  })
  compile(folder, 'tsconfig.json', {
    ...{ module: 'ESNext', moduleResolution: 'bundler', jsx: 'react-jsx', noEmit: true },
    types: [],
  })
  run(folder, [...bin(folder, 'vite/bin/vite.js'), 'build'])
  await tryInChromium(folder)
}

const scratch = mkdtempSync(join(tmpdir(), 'tidings-packed-'))
try {
  const folder = (name) => mkdtempSync(join(scratch, name))
  const archives = packArchives(PUBLISHED, folder('archives'))
  for (const archive of Object.values(archives)) lintArchive(archive)
  useClient(folder('client'), archives)
  useServer(folder('server'), archives)
  await useBrowser(folder('browser'), archives)
  console.log('The packed packages can be installed, type-checked and used.')
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
