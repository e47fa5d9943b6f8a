import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A running server. */
export interface PostgresServer {
  /** Of its `postgres` database, as a superuser. */
  readonly url: string
  /** It is somebody's own server: only our databases may go. */
  readonly isLent: boolean
  /** Stops it and removes its folder. */
  stop(): Promise<void>
}

const SUPERVISOR = fileURLToPath(new URL('./postgres-supervisor.mjs', import.meta.url))

/**
 * Uses the server at `url`, or starts one with all its files in `folder`, under a process that outlives this one: the server
 * and the folder go when we stop it, and also when we die without stopping it.
 */
export async function startPostgres(
  url: string | undefined,
  folder: string,
): Promise<PostgresServer> {
  if (url !== undefined && url !== '') return { url, isLent: true, stop: async () => {} }
  const supervisor = spawn(process.execPath, [SUPERVISOR, folder], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const port = await new Promise<number>((resolve, reject) => {
    supervisor.once('error', reject)
    supervisor.once('exit', () => {
      reject(new Error('Postgres did not start'))
    })
    supervisor.stdout.once('data', (line: Buffer) => {
      resolve(Number(line.toString()))
    })
  })
  const stopServer = () => stop(supervisor)
  return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, isLent: false, stop: stopServer }
}

function stop(supervisor: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (supervisor.exitCode !== null) resolve()
    supervisor.once('exit', () => {
      resolve()
    })
    supervisor.stdin?.end()
  })
}
