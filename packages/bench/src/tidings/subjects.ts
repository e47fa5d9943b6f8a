import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Door } from '../client.ts'
import { openFolder } from '../folder.ts'
import { launch, type Launched } from '../launch.ts'
import type { SceneOptions } from '../scene.ts'
import type { Subject, Target } from '../subject.ts'
import { numberedDoor } from './numbered-door.ts'
import { sdkDoor } from './sdk-door.ts'
import { seed, UNLIMITED } from './seed.ts'
import { trpcDoor } from './trpc-door.ts'

const PROGRAM = join(
  dirname(createRequire(import.meta.url).resolve('@tidings/server/package.json')),
  'dist/main.js',
)

const DOORS: Readonly<Record<string, Door>> = {
  sdk: sdkDoor,
  trpc: trpcDoor,
  numbered: numberedDoor,
}

/** A server on SQLite, forced to the disk as it is by itself, through each of its doors. */
export const onSqlite: readonly Subject[] = Object.entries(DOORS).map(([name, door]) => ({
  name,
  door,
  start: startOnSqlite,
}))

async function startOnSqlite(options: SceneOptions): Promise<Target> {
  const folder = openFolder()
  const secret = randomBytes(32).toString('hex')
  const databaseUrl = `file:${join(folder.path, 'tidings.db')}`
  const scene = await seed({ databaseUrl, secret }, options)
  const server = await launchServer({ databaseUrl, secret })
  return {
    url: `http://127.0.0.1:${server.port}`,
    pid: server.pid,
    pids: () => [server.pid],
    startMs: server.startMs,
    scene,
    async [Symbol.asyncDispose]() {
      await server.stop()
      folder[Symbol.dispose]()
    },
  }
}

/** Starts the server's own program. */
export function launchServer(
  { databaseUrl, secret }: { readonly databaseUrl: string; readonly secret: string },
  nodeOptions: readonly string[] = profiling(),
): Promise<Launched> {
  const limits = ['CALLS', 'MESSAGES', 'IP_CALLS'].flatMap((name) => [
    [`LIMIT_${name}_PER_SECOND`, String(UNLIMITED)],
    [`LIMIT_${name}_BURST`, String(UNLIMITED)],
  ])
  const env = {
    ...Object.fromEntries(limits),
    LIMIT_CONNECTIONS_PER_IP: '100000',
    LIMIT_REGISTRATIONS_PER_IP: '100000',
    DATABASE_URL: databaseUrl,
    TIDINGS_SECRET: secret,
    PORT: '0',
    LOG_LEVEL: 'error',
    NODE_ENV: 'production',
  }
  return launch([...nodeOptions, PROGRAM], env, /Tidings listens on \S+:(\d+)/)
}

/** `BENCH_PROFILE` is the folder that a CPU profile of each server is written to. */
function profiling(): readonly string[] {
  const folder = process.env['BENCH_PROFILE']
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`]
}
