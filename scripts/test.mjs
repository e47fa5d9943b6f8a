// The tests. Without an argument all but the long ones, which take a browser, a terminal, processes that are killed, a compiler,
// or hundreds of databases:
//   npm test                      everything that is quick, on both engines
//   npm test -- --long            the long ones, and in full what is tried less often every day
//   npm test -- packages/protocol what matches, long or not
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from './files.mjs'

const LONG = [
  'packages/cli-demo/test/talk.test.ts',
  'packages/cli-demo/test/demo.test.ts',
  'packages/playground/test/playground.test.ts',
  'packages/sdk/test/chaos/bugs.test.ts',
  'packages/sdk/test/chaos/chaos.test.ts',
  'packages/sdk/test/chaos/storm.test.ts',
  'packages/sdk/test/docs/pages.test.ts',
  'packages/sdk/test/e2e/append-deaths.test.ts',
  'packages/sdk/test/e2e/cluster-command.test.ts',
  'packages/sdk/test/e2e/disk-full.test.ts',
  'packages/sdk/test/e2e/kill.test.ts',
  'packages/sdk/test/e2e/killed-outbox.test.ts',
  'packages/sdk/test/e2e/long-away.test.ts',
  'packages/sdk/test/e2e/migration.test.ts',
  'packages/sdk/test/e2e/nodes.pg.test.ts',
  'packages/sdk/test/e2e/postgres-crash.pg.test.ts',
  'packages/sdk/test/e2e/ragged-wire.test.ts',
  'packages/sdk/test/e2e/restore.test.ts',
  'packages/sdk/test/e2e/rolling.pg.test.ts',
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
  'packages/server/test/doctor/damage.test.ts',
  'packages/server/test/doors/rest/generated-client.test.ts',
  'packages/server/test/doors/slow-reader.test.ts',
  'packages/server/test/e2e/floods.test.ts',
  'packages/server/test/e2e/notifications.test.ts',
  'packages/server/test/pages/browser.test.ts',
  'packages/server/test/simulation/bugs.test.ts',
  'packages/server/test/simulation/layers.test.ts',
]

/** Those that try less every day than they do as one of the long ones. */
const THOROUGH = [
  'packages/sdk/test/store/message-details.test.ts',
  'packages/server/test/authorization/bad-input.test.ts',
  'packages/server/test/journal/pull.test.ts',
  'packages/server/test/realtime/delivery.property.test.ts',
  'packages/server/test/services/group-model.test.ts',
  'packages/server/test/simulation/simulation.test.ts',
]

const isLong = process.argv.includes('--long')

function argumentsOf(given) {
  if (isLong) {
    // Each of them wants the machine for itself, or nearly.
    const others = given.filter((argument) => argument !== '--long')
    return [...LONG, ...THOROUGH, '--maxWorkers=2', ...others]
  }
  const isChosen = given.some((argument) => !argument.startsWith('-'))
  // A project's own folder is where its patterns begin.
  const patterns = LONG.map((file) => file.replace(/^packages\/[^/]+\//, '**/'))
  return isChosen ? given : [...given, ...patterns.flatMap((file) => ['--exclude', file])]
}

const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const run = [vitest, 'run', ...argumentsOf(process.argv.slice(2))]
const env = isLong ? { ...process.env, LONG_TESTS: '1' } : process.env
const child = spawn(process.execPath, run, { cwd: root, env, stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('exit', (code) => process.exit(code ?? 1))
