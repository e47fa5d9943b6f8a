// Uses the packages as a stranger would: packs them, lints the archives, installs them in an empty folder, type-checks a
// program there with skipLibCheck off, and runs it. Only this notices declarations that name what was not published.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './files.mjs'

const PNPM = ['npx', '-y', 'pnpm@12.21.0']
const PUBLISHED = ['protocol', 'server', 'sdk']
const bin = (path) => [process.execPath, join(root, 'node_modules', path)]

function run(folder, [program, ...args]) {
  console.log(`$ ${[program, ...args].join(' ').replaceAll(root, './')}`)
  const { status } = spawnSync(program, args, {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (status !== 0) throw new Error(`${args[0]} failed`)
}

function pack(name, folder) {
  run(join(root, 'packages', name), [...PNPM, 'pack', '--pack-destination', folder])
  const archive = readdirSync(folder).find((file) => file.startsWith(`tidings-${name}-`))
  if (!archive) throw new Error(`${name} was not packed`)
  return join(folder, archive)
}

function lintArchive(archive) {
  run(root, [...bin('publint/src/cli.js'), archive, '--strict'])
  run(root, [...bin('@arethetypeswrong/cli/dist/index.js'), archive, '--profile', 'esm-only'])
}

/** The program on the README's first screen, with the address left to whoever runs it. */
function readmeProgram() {
  const [, code] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))
  return code.replaceAll("'http://127.0.0.1:3000'", "process.env['TIDINGS_URL'] ?? ''")
}

/** `programs`: what is type-checked and run, in this order. `packages`: what its package.json asks for. */
function useArchives(folder, archives, { packages, programs, skipLibCheck }) {
  const file = (name) => `file:${archives[name]}`
  const manifest = {
    name: 'consumer',
    private: true,
    type: 'module',
    dependencies: Object.fromEntries(packages.map((name) => [`@tidings/${name}`, file(name)])),
    devDependencies: { '@types/node': '20.19.43', typescript: '7.0.2' },
  }
  const workspace = {
    allowBuilds: { 'better-sqlite3': true },
    overrides: Object.fromEntries(PUBLISHED.map((name) => [`@tidings/${name}`, file(name)])),
  }
  const compilerOptions = {
    ...{ module: 'NodeNext', target: 'ES2022', strict: true, exactOptionalPropertyTypes: true },
    ...{ lib: ['ES2023', 'ESNext.Disposable', 'DOM'], types: ['node'], skipLibCheck },
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  writeFileSync(join(folder, 'pnpm-workspace.yaml'), JSON.stringify(workspace))
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  for (const program of programs)
    cpSync(join(root, 'scripts', 'consumer', program), join(folder, program))
  writeFileSync(join(folder, 'readme.ts'), readmeProgram())
  run(folder, [...PNPM, 'install', '--no-frozen-lockfile'])
  run(folder, [process.execPath, join(folder, 'node_modules', 'typescript', 'bin', 'tsc')])
  for (const program of programs)
    run(folder, [process.execPath, join(folder, program.replace(/\.ts$/, '.js'))])
}

const scratch = mkdtempSync(join(tmpdir(), 'tidings-packed-'))
try {
  const folders = Object.fromEntries(
    ['archives', 'client', 'server'].map((name) => [name, mkdtempSync(join(scratch, name))]),
  )
  const archives = Object.fromEntries(PUBLISHED.map((name) => [name, pack(name, folders.archives)]))
  for (const name of PUBLISHED) lintArchive(archives[name])
  useArchives(folders.client, archives, {
    packages: ['sdk', 'protocol'],
    programs: ['client.ts'],
    skipLibCheck: false,
  })
  useArchives(folders.server, archives, {
    packages: ['sdk', 'server'],
    programs: ['server.ts'],
    // drizzle-orm's declarations name drivers that nobody installs.
    skipLibCheck: true,
  })
  console.log('The packed packages can be installed, type-checked and used.')
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
