// Runs a Postgres for a test run and removes it with all its files when standard input ends: when it is told to, and also
// when the run was killed. Says `ready` when it accepts connections.
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'

const { binary, options, owner, folder } = JSON.parse(process.argv[2])
const server = spawn(binary, options, {
  ...owner,
  cwd: folder,
  stdio: ['ignore', 'ignore', 'pipe'],
})

// Fast shutdown: sessions are cut, nothing is left running.
const stop = () => server.kill('SIGINT')
process.stdin.resume()
process.stdin.on('end', stop)
process.stdin.on('error', stop)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop)
// The other end may be gone by the time we speak.
process.stdout.on('error', () => {})

let said = ''
let isReady = false
server.stderr.on('data', (chunk) => {
  if (isReady) return
  said += chunk
  if (!said.includes('ready to accept connections')) return
  isReady = true
  process.stdout.write('ready\n')
})
server.on('error', (error) => {
  said += error.message
})
server.on('close', () => {
  if (!isReady) console.error(said)
  rmSync(folder, { recursive: true, force: true })
  process.exit(isReady ? 0 : 1)
})
