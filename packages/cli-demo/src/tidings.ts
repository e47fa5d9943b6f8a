#!/usr/bin/env node
// The command `tidings`: from a clone, npm run chat -- --help
import { readFileSync } from 'node:fs'
import { runProgram } from './cli/run.ts'
import { COMMAND_GROUPS } from './commands/all.ts'
import { isRecord } from './profile/records.ts'

const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => interrupted.abort())

// `tidings history … | head` closes the pipe early, and a terminal may be closed: nobody wants the rest, which is no failure.
process.stdout.on('error', (error: Error & { code?: string }) => {
  if (error.code === 'EPIPE' || error.code === 'EIO') process.exit(0)
  throw error
})

const { stdin, stdout, stderr } = process
const exitCode = await runProgram(
  {
    args: process.argv.slice(2),
    environment: process.env,
    stdin,
    stdout,
    stderr,
    interrupted: interrupted.signal,
  },
  { groups: COMMAND_GROUPS, version: ownVersion() },
)
// What was being read when it was interrupted must not keep the process.
if (interrupted.signal.aborted) process.exit(exitCode)
process.exitCode = exitCode
// Whoever writes to us may leave the pipe open: nobody listens any more.
stdin.destroy()

function ownVersion(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  )
  return isRecord(manifest) ? String(manifest['version']) : ''
}
