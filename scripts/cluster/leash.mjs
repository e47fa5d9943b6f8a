// Runs a program that must not outlive who asked for it: node leash.mjs <program> [arguments]
// It is told to stop when the channel to our parent closes, which the system does however the parent dies. Ends as the
// program has ended.
import { spawn } from 'node:child_process'

/** A server may take 10 s to stop cleanly; what is not gone then is killed, milliseconds. */
const STOP_MS = 15_000

const [program, ...args] = process.argv.slice(2)
const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] })

let isStopping = false
const stop = () => {
  if (isStopping) return
  isStopping = true
  child.kill('SIGTERM')
  // The only signal that also ends what somebody has stopped with SIGSTOP.
  setTimeout(() => child.kill('SIGKILL'), STOP_MS).unref()
}

child.on('spawn', () => {
  // The parent may be gone by now: then `disconnect` says so.
  process.send?.({ pid: child.pid }, () => {})
})
child.on('error', (error) => {
  console.error(`${program}: ${error.message}`)
  process.exit(1)
})
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1)
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeListener(name, stop)
  process.kill(process.pid, signal)
})
process.on('disconnect', stop)
process.on('message', stop)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop)
