import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'
import { PLANTED, type BugName } from '../planted/planted.ts'
import { WRONG_CLOCK, type Alteration } from './alterations.ts'
import { FAIL_POINT_HEAD, failPoints } from './append-points.ts'

/** Servers with something added to their sources. `mortal` kills itself where `CHAOS_POINT` says; the calendar of `late` is wrong. */
export type SpecialServer = 'mortal' | 'late'

/** The files that Node runs. */
export interface Programs extends Disposable {
  /** The command as it is built, or its sources in one file where nothing was built. */
  readonly server: string
  readonly clients: string
  /** Made when it is asked for the first time. */
  special(name: SpecialServer): Promise<string>
}

export interface ProgramOptions {
  readonly bug?: BugName | undefined
  /** Takes the command as it was built for the server, where it was. */
  readonly isBuilt: boolean
}

/** Where the packages lie. */
export const packages = fileURLToPath(new URL('../../../../', import.meta.url))
const BUILT = ['server/dist/bundle/main.js', 'server/dist/main.js'].map((file) =>
  join(packages, file),
)
/** What is CommonJS within may be required. */
const REQUIRE = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);\n`

/** Bundles the programs, with a planted mistake when one is asked for. Disposing removes them. */
export async function makePrograms({ bug, isBuilt }: ProgramOptions): Promise<Programs> {
  const folders = { server: folderIn('server'), sdk: folderIn('sdk') }
  const planted = bug === undefined ? undefined : PLANTED[bug]
  const inServer: readonly Alteration[] = planted?.in === 'server' ? planted.alterations : []
  const inClients: readonly Alteration[] = planted?.in === 'clients' ? planted.alterations : []
  const server = (name: string, alterations: readonly Alteration[], head = '') =>
    bundle({
      entry: join(packages, 'server/src/main.ts'),
      outfile: join(folders.server, `${name}.mjs`),
      alterations,
      head,
    })
  const built =
    isBuilt && inServer.length === 0 ? BUILT.find((file) => existsSync(file)) : undefined
  const [main, clients] = await Promise.all([
    built ?? server('main', inServer),
    bundle({
      entry: join(packages, 'sdk/test/chaos/clients/main.ts'),
      outfile: join(folders.sdk, 'clients.mjs'),
      alterations: inClients,
      head: '',
    }),
  ])
  const makers: Readonly<Record<SpecialServer, () => Promise<string>>> = {
    mortal: () => server('mortal', [...failPoints(), ...inServer], FAIL_POINT_HEAD),
    late: () => server('late', [...WRONG_CLOCK, ...inServer]),
  }
  const made = new Map<SpecialServer, Promise<string>>()
  return {
    server: main,
    clients,
    special(name) {
      const program = made.get(name) ?? makers[name]()
      made.set(name, program)
      return program
    },
    [Symbol.dispose]() {
      for (const folder of Object.values(folders)) rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A server and nothing else, with such changes in it. Disposing removes it. */
export async function makeServer(
  alterations: readonly Alteration[],
  head = '',
): Promise<{ readonly file: string } & Disposable> {
  const folder = folderIn('server')
  const file = await bundle({
    entry: join(packages, 'server/src/main.ts'),
    outfile: join(folder, 'altered.mjs'),
    ...{ alterations, head },
  })
  return { file, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

/** As deep below the package as its sources: other packages and the migrations are found from there. */
function folderIn(name: string): string {
  const parent = join(packages, name, 'node_modules')
  mkdirSync(parent, { recursive: true })
  return mkdtempSync(join(parent, '.chaos-'))
}

interface Bundle {
  readonly entry: string
  readonly outfile: string
  readonly alterations: readonly Alteration[]
  readonly head: string
}

async function bundle({ entry, outfile, alterations, head }: Bundle): Promise<string> {
  const done = new Set<Alteration>()
  await build({
    entryPoints: [entry],
    ...{ bundle: true, platform: 'node', target: 'node20', format: 'esm', outfile },
    conditions: ['@tidings/source'],
    // Native code, and what looks for its files beside its own.
    external: ['better-sqlite3', 'oslo', 'pino', 'ws'],
    banner: { js: REQUIRE + head },
    plugins: [altering(alterations, done)],
    logLevel: 'error',
  })
  const missing = alterations.filter((alteration) => !done.has(alteration))
  if (missing.length > 0)
    throw new Error(`not in the program: ${missing.map(({ file }) => file).join(', ')}`)
  return outfile
}

function altering(alterations: readonly Alteration[], done: Set<Alteration>): Plugin {
  return {
    name: 'altering',
    setup(building) {
      building.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const wanted = alterations.filter(({ file }) => path === join(packages, file))
        if (wanted.length === 0) return undefined
        let contents = readFileSync(path, 'utf8')
        for (const alteration of wanted) {
          contents = altered(contents, alteration)
          done.add(alteration)
        }
        return { contents, loader: 'ts' }
      })
    },
  }
}

/** A source with an alteration in it. @throws Error when its place is not there exactly once */
export function altered(contents: string, { file, find, put }: Alteration): string {
  const [before, after, ...more] = contents.split(find)
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(`${file} has changed: not once in it: ${find}`)
  return `${before}${put}${after}`
}
