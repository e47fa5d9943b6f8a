// Runs a TypeScript program from the sources of all packages, without a build: node scripts/run-source.mjs file.ts [arguments]
import { spawn } from 'node:child_process'
import { root } from './files.mjs'

const node = ['--conditions=@tidings/source', '--import', 'tsx', ...process.argv.slice(2)]
const child = spawn(process.execPath, node, { cwd: root, stdio: 'inherit' })
// A terminal sends Ctrl-C to both; what is sent to this process alone is handed on.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => child.kill('SIGTERM'))
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1)
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
})
