import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import type { Door } from '../client.ts'
import { launch } from '../launch.ts'
import { withChildren } from '../process.ts'
import type { Ground, Running, Subject } from '../subject.ts'
import { openDatabase } from './database.ts'
import { introduce } from './introduce.ts'
import { numberedDoor } from './numbered-door.ts'
import { sdkDoor } from './sdk-door.ts'
import { UNLIMITED } from './seed.ts'
import { trpcDoor } from './trpc-door.ts'

const PROGRAM = join(
  dirname(createRequire(import.meta.url).resolve('@tidings/server/package.json')),
  'dist/bundle/main.js',
)

const DOORS: readonly (readonly [name: string, summary: string, door: Door])[] = [
  ['sdk', 'Tidings through its client library', sdkDoor],
  ['trpc', "Tidings through tRPC's own client", trpcDoor],
  ['numbered', 'Tidings through the numbered protocol, with a bare WebSocket', numberedDoor],
]

/** A server as it is by itself, forced to the disk, on either engine and through each of its doors. */
const alone: readonly Subject[] = (['sqlite', 'postgres'] as const).flatMap((engine) =>
  DOORS.map(([name, summary, door]) => ({
    name: engine === 'sqlite' ? name : `${name}-postgres`,
    summary: `${summary}, on ${engine === 'sqlite' ? 'SQLite' : 'Postgres'}`,
    engine,
    door,
    async start(ground) {
      if (ground.filled === undefined) throw new Error('nothing was filled for this workload')
      const { databaseUrl, secret, scene } = ground.filled
      return { ...(await run(ground, { secret, from: databaseUrl })), scene }
    },
    async startEmpty(ground) {
      const server = await run(ground, { secret: newSecret() })
      return { ...server, introduce: () => introduce(server.url) }
    },
  })),
)

const NODES = 3

/**
 * Several nodes of one Postgres, which tell one another by it. They share the core that a server has to itself, so what they
 * show is what a message costs that crosses from node to node, not how many more they carry together.
 */
const nodes: Subject = {
  name: 'nodes-postgres',
  summary: `${NODES} nodes of one Postgres on one core, sender and receiver at two of them (direct alone)`,
  engine: 'postgres',
  door: sdkDoor,
  async start(ground) {
    if (ground.filled === undefined) throw new Error('nothing was filled for this workload')
    const { databaseUrl, secret, scene } = ground.filled
    return { ...(await run(ground, { secret, from: databaseUrl, count: NODES })), scene }
  },
  async startEmpty(ground) {
    const server = await run(ground, { secret: newSecret(), count: NODES })
    return { ...server, introduce: () => introduce(server.url) }
  },
}

/** Everything of ours that is measured. */
export const tidings: readonly Subject[] = [...alone, nodes]

interface RunOptions {
  readonly secret: string
  /** The database to copy. @default none */
  readonly from?: string | undefined
  /** Nodes. @default 1 */
  readonly count?: number | undefined
}

const newSecret = (): string => randomBytes(32).toString('hex')

async function run(ground: Ground, { secret, from, count = 1 }: RunOptions): Promise<Running> {
  const database = await openDatabase(ground.postgres, from)
  const env = { DATABASE_URL: database.url, TIDINGS_SECRET: secret }
  const first = await launchServer(ground, env)
  // Of several the first one alone has a profile.
  const others = Array.from({ length: count - 1 }, () =>
    launchServer({ ...ground, profile: undefined }, env),
  )
  const servers = [first, ...(await Promise.all(others))]
  const { postgres } = ground
  const urls = servers.map(({ port }) => `http://127.0.0.1:${port}`)
  return {
    url: urls[0] ?? '',
    urls,
    pid: first.pid,
    pids: () => [
      ...servers.map(({ pid }) => pid),
      ...(postgres === undefined ? [] : withChildren(postgres.pid)),
    ],
    startedAt: first.startedAt,
    collectGarbage: () => first.collectGarbage(),
    async [Symbol.asyncDispose]() {
      for (const server of servers) await server.stop()
      await database[Symbol.asyncDispose]()
    },
  }
}

/** Starts the server's own program, without the limits that a load would meet first. */
function launchServer({ profile }: Ground, env: Readonly<Record<string, string>>) {
  const all = {
    ...UNLIMITED_CALLS,
    LIMIT_CONNECTIONS_PER_IP: '100000',
    LIMIT_REGISTRATIONS_PER_IP: '100000',
    PORT: '0',
    LOG_LEVEL: 'error',
    NODE_ENV: 'production',
    ...env,
  }
  const profiling =
    profile === undefined
      ? []
      : ['--cpu-prof', `--cpu-prof-dir=${dirname(profile)}`, `--cpu-prof-name=${basename(profile)}`]
  return launch([...profiling, PROGRAM], all, /Tidings listens on \S+:(\d+)/)
}

const UNLIMITED_CALLS: Readonly<Record<string, string>> = Object.fromEntries(
  ['CALLS', 'MESSAGES', 'IP_CALLS'].flatMap((name) =>
    ['PER_SECOND', 'BURST'].map((what) => [`LIMIT_${name}_${what}`, String(UNLIMITED)] as const),
  ),
)
