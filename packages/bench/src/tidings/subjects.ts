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
export const tidings: readonly Subject[] = (['sqlite', 'postgres'] as const).flatMap((engine) =>
  DOORS.map(([name, summary, door]) => ({
    name: engine === 'sqlite' ? name : `${name}-postgres`,
    summary: `${summary}, on ${engine === 'sqlite' ? 'SQLite' : 'Postgres'}`,
    engine,
    door,
    async start(ground) {
      if (ground.filled === undefined) throw new Error('nothing was filled for this workload')
      const { databaseUrl, secret, scene } = ground.filled
      return { ...(await run(ground, secret, databaseUrl)), scene }
    },
    async startEmpty(ground) {
      const server = await run(ground, randomBytes(32).toString('hex'))
      return { ...server, introduce: () => introduce(server.url) }
    },
  })),
)

async function run(ground: Ground, secret: string, from?: string): Promise<Running> {
  const database = await openDatabase(ground.postgres, from)
  const server = await launchServer(ground, { DATABASE_URL: database.url, TIDINGS_SECRET: secret })
  const { postgres } = ground
  return {
    url: `http://127.0.0.1:${server.port}`,
    pid: server.pid,
    pids: () => [server.pid, ...(postgres === undefined ? [] : withChildren(postgres.pid))],
    startedAt: server.startedAt,
    async [Symbol.asyncDispose]() {
      await server.stop()
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
