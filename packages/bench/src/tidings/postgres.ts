import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { onServerCore, withChildren } from '../process.ts'
import type { Postgres } from '../subject.ts'

/** Stops Postgres and removes its files when our end of its input is gone, however that comes. */
const SUPERVISOR = join(
  dirname(createRequire(import.meta.url).resolve('@tidings/server/package.json')),
  'test/support/postgres-supervisor.mjs',
)

/** Starts a Postgres on the server's core, from npm's binaries, its files on the disk and forced to it. */
export async function startPostgres(): Promise<Postgres & AsyncDisposable> {
  const folder = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'tidings-bench-'))
  const command = [...onServerCore, process.execPath, SUPERVISOR, folder]
  const child = spawn(command[0] ?? '', command.slice(1), {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  for await (const line of createInterface({ input: child.stdout })) {
    const pid = child.pid ?? 0
    return {
      pid,
      pids: () => withChildren(pid),
      url: `postgres://postgres@127.0.0.1:${line}/postgres`,
      async [Symbol.asyncDispose]() {
        child.stdin.end()
        await ended
      },
    }
  }
  throw new Error('Postgres did not start')
}
