import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fileOf, readBlocks, type Block } from './page.ts'

const root = fileURLToPath(new URL('../../../../../', import.meta.url))
const OURS = ['protocol', 'server', 'sdk']
/** What the pages ask their readers to install besides, and the types that an editor brings along. */
const THEIRS = ['react', 'react-dom', '@types/react', '@types/react-dom', 'zod', 'express']
  .concat('@types/express', 'vite', 'better-sqlite3', 'esbuild')
  .map((name) => [name, join(root, 'packages/sdk/node_modules', name)] as const)
  .concat(
    ['tsx', 'typescript', '@types/node'].map((name) => [name, join(root, 'node_modules', name)]),
  )

/** The ports that pages name. */
const PORTS = /\b(?:300\d|8080)\b/g

/** A place like the one in which a reader works: the built packages installed, and the pages' files. */
export interface Workplace extends Disposable {
  /** Writes the files of a page into a folder of its own. Ports are swapped for free ones. */
  openPage(page: string): Promise<PageFolder>
}

export interface PageFolder {
  readonly path: string
  readonly blocks: readonly Block[]
  /** The commands of the page that have not been run yet. */
  readonly commands: Set<string>
  /** The free port in the place of one that the page names. */
  port(named: number): number
  /** A text of the page as it is in this folder. */
  swap(text: string): string
}

export function openWorkplace(): Workplace {
  build()
  const path = mkdtempSync(join(tmpdir(), 'tidings-docs-'))
  installInto(join(path, 'node_modules'))
  return {
    async openPage(page) {
      const folder = join(path, page.replace(/\.md$/, '').replaceAll('/', '-'))
      const blocks = readBlocks(page)
      const ports = await freePorts(blocks)
      const swap = (text: string): string =>
        text.replace(PORTS, (named) => String(ports.get(named) ?? named))
      for (const block of blocks) {
        const file = fileOf(block)
        if (file === undefined) continue
        mkdirSync(dirname(join(folder, file)), { recursive: true })
        writeFileSync(join(folder, file), swap(block.code))
      }
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
      const run = blocks.filter(({ language, words }) => language === 'sh' && words.includes('run'))
      const commands = new Set(run.flatMap(({ code }) => code.trim().split('\n')))
      const port = (named: number): number => ports.get(String(named)) ?? named
      return { path: folder, blocks, commands, swap, port }
    },
    [Symbol.dispose]() {
      rmSync(path, { recursive: true, force: true })
    },
  }
}

/** What a reader installs is what was built, so it is built. Whether its types are right is for `npm run check` to say. */
function build(): void {
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const run = spawnSync(process.execPath, [compiler, '-b', 'packages/server', 'packages/sdk'], {
    cwd: root,
    encoding: 'utf8',
  })
  if (run.status !== 0) console.log(run.stdout)
}

/** Copies, not links: a bundler takes what lies outside of the project for the project's own. */
function installInto(modules: string): void {
  for (const name of OURS) {
    const from = join(root, 'packages', name)
    const to = join(modules, '@tidings', name)
    for (const part of ['package.json', 'dist', 'migrations'])
      if (existsSync(join(from, part)))
        cpSync(join(from, part), join(to, part), { recursive: true })
    const { dependencies } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>
    }
    for (const other of Object.keys(dependencies).filter((one) => !one.startsWith('@tidings/')))
      link(join(from, 'node_modules', other), join(modules, other))
  }
  for (const [name, from] of THEIRS) link(from, join(modules, name))
  mkdirSync(join(modules, '.bin'))
  const programs = {
    tsx: 'tsx/dist/cli.mjs',
    vite: 'vite/bin/vite.js',
    esbuild: 'esbuild/bin/esbuild',
  }
  for (const [name, file] of Object.entries(programs)) {
    const script = join(modules, '.bin', name)
    // esbuild's is a binary.
    const node = /\.m?js$/.test(file) ? `"${process.execPath}" ` : ''
    writeFileSync(script, `#!/bin/sh\nexec ${node}"${join(modules, file)}" "$@"\n`)
    chmodSync(script, 0o755)
  }
}

function link(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  if (!existsSync(to)) symlinkSync(from, to)
}

/** A free port for each one that the page's code or commands name. */
async function freePorts(blocks: readonly Block[]): Promise<Map<string, number>> {
  const text = blocks.map(({ code }) => code).join('\n')
  const named = new Set(text.match(PORTS))
  const servers = await Promise.all([...named].map(async (port) => [port, await listen()] as const))
  return new Map(servers)
}

async function listen(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
