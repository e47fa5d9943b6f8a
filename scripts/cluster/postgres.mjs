import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const SUPERVISOR = fileURLToPath(
  new URL('../../packages/server/test/support/postgres-supervisor.mjs', import.meta.url),
)

/**
 * Starts a Postgres with its files in `folder`; `ready` answers its address. It ends with this process, however that comes, and
 * the folder goes with it unless it `isKept`.
 */
export function startPostgres({ folder, isKept }) {
  const supervisor = spawn(process.execPath, [SUPERVISOR, folder, ...(isKept ? ['--keep'] : [])], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = once(supervisor, 'exit')
  const listening = once(supervisor.stdout, 'data').then(
    ([line]) => `postgres://postgres@127.0.0.1:${Number(String(line))}/postgres`,
  )
  const failed = exited.then(() => {
    throw new Error('Postgres did not start; the lines above say why')
  })
  return {
    ready: Promise.race([listening, failed]),
    exited,
    async stop() {
      supervisor.stdin.end()
      await exited
    },
  }
}
