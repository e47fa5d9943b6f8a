import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

// Once for the whole run, not once a project: it starts the one Postgres that every engine test shares.
const globalSetup = ['packages/server/test/support/global-setup.ts'].filter((file) =>
  existsSync(new URL(file, import.meta.url)),
)

/** In the order in which their tests are run. */
const PROJECTS = ['sdk', 'playground', 'cli-demo', 'server', 'protocol', 'bench']

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
    // Generous: a machine with much else to do may be twenty times as slow. No test waits for the time to pass.
    testTimeout: 60_000,
    setupFiles: [fileURLToPath(new URL('scripts/patience.mjs', import.meta.url))],
    expect: { poll: { timeout: 45_000 } },
    hookTimeout: 120_000,
  },
})

/** Those first that take long by themselves, since a worker has only one file at a time. */
const FIRST = [
  /docs\/pages/,
  /chaos/,
  /playground\.test/,
  /simulation/,
  /react/,
  /e2e/,
  /talk/,
  /contract/,
]

/** A worker is used again by files of its own project alone, so those of a project come one after another. */
class ProjectByProject extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const found = FIRST.findIndex((pattern) => pattern.test(moduleId))
      return found === -1 ? FIRST.length : found
    }
    const place = ({ project }: TestSpecification): number => PROJECTS.indexOf(project.name)
    const sorted = await super.sort(files)
    return sorted.toSorted((a, b) => place(a) - place(b) || rank(a) - rank(b))
  }
}

export default defineConfig({
  test: {
    globalSetup,
    sequence: { sequencer: ProjectByProject },
    projects: PROJECTS.map(project),
    // Half of a test is waiting for sockets, disks and Postgres: one worker more than the cores of a small machine.
    maxWorkers: Math.max(3, availableParallelism()),
    passWithNoTests: true,
    reporters: ['default', './scripts/closing-line-reporter.mjs'],
  },
})
