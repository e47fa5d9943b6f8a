// The tests. Without an argument all but the long ones, which take a browser, a terminal, or many processes to be killed:
//   npm test                      everything that is quick, on both engines
//   npm test -- --long            the long ones alone
//   npm test -- packages/protocol what matches, long or not
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from './files.mjs'

const LONG = [
  'packages/cli-demo/test/talk.test.ts',
  'packages/cli-demo/test/demo.test.ts',
  'packages/playground/test/playground.test.ts',
  'packages/sdk/test/docs/pages.test.ts',
  'packages/sdk/test/e2e/cluster-command.test.ts',
  'packages/sdk/test/e2e/kill.test.ts',
  'packages/sdk/test/e2e/killed-outbox.test.ts',
  'packages/sdk/test/e2e/nodes.pg.test.ts',
  'packages/sdk/test/e2e/ragged-wire.test.ts',
  'packages/sdk/test/e2e/several-nodes.test.ts',
  'packages/sdk/test/e2e/two-clients.test.ts',
  'packages/sdk/test/react/actions.test.ts',
  'packages/sdk/test/react/hooks.test.ts',
  'packages/sdk/test/react/server.test.ts',
  'packages/sdk/test/storage/crash.test.ts',
  'packages/sdk/test/storage/indexeddb.test.ts',
  'packages/sdk/test/tabs/five-tabs.test.ts',
  'packages/sdk/test/tabs/reload.test.ts',
  'packages/sdk/test/testing/runners.test.ts',
  'packages/server/test/simulation/bugs.test.ts',
  'packages/server/test/simulation/layers.test.ts',
]

function argumentsOf(given) {
  if (given.includes('--long')) {
    // Each of them wants the machine for itself, or nearly.
    const others = given.filter((argument) => argument !== '--long')
    return [...LONG, '--maxWorkers=2', ...others]
  }
  const isChosen = given.some((argument) => !argument.startsWith('-'))
  // A project's own folder is where its patterns begin.
  const patterns = LONG.map((file) => file.replace(/^packages\/[^/]+\//, '**/'))
  return isChosen ? given : [...given, ...patterns.flatMap((file) => ['--exclude', file])]
}

const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const run = [vitest, 'run', ...argumentsOf(process.argv.slice(2))]
const child = spawn(process.execPath, run, { cwd: root, stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('exit', (code) => process.exit(code ?? 1))
