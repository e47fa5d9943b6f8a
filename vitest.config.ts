import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

// Once for the whole run, not once a project: it starts the one Postgres that every engine test shares.
const globalSetup = ['packages/server/test/support/global-setup.ts'].filter((file) =>
  existsSync(new URL(file, import.meta.url)),
)

const sources = { conditions: ['@tidings/source'] }

const project = (name: string) => ({
  root: `packages/${name}`,
  ssr: { resolve: { conditions: ['@tidings/source', 'module', 'node', 'import', 'default'] } },
  resolve: sources,
  test: {
    name,
    include: ['test/**/*.test.ts'],
    environment: 'node' as const,
    // The files of a worker share what they import: loading it anew for each was a third of a run. What a file keeps at its
    // top level must bear that; spies, globals and the environment are put back for it.
    isolate: false,
    restoreMocks: true,
    unstubGlobals: true,
    unstubEnvs: true,
    // Generous: a machine of two cores runs Postgres and several files at once. No test waits for the time to pass.
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})

export default defineConfig({
  test: {
    globalSetup,
    projects: ['protocol', 'server', 'sdk', 'cli-demo', 'playground'].map(project),
    // Half of a test is waiting for sockets, disks and Postgres: one worker more than the cores of a small machine.
    maxWorkers: Math.max(3, availableParallelism()),
    passWithNoTests: true,
    reporters: ['default', './scripts/closing-line-reporter.mjs'],
  },
})
