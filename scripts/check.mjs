// Everything that must hold before a change is taken: npm run check [-- --no-tests]
// All checks run even when one fails, so that one run tells everything; the tests come last.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './files.mjs'

const bin = (path) => [process.execPath, join(root, 'node_modules', path)]
const script = (name) => [process.execPath, join(root, 'scripts', name)]
const folders = ['protocol', 'server', 'sdk', 'cli-demo', 'playground', 'bench']
  .flatMap((name) => [`packages/${name}/src`, `packages/${name}/test`])
  .filter((folder) => existsSync(join(root, folder)))

const TYPES = 'types, tests included'
const checks = [
  [
    'format',
    [...bin('prettier/bin/prettier.cjs'), '--check', '--cache', '--log-level', 'warn', '.'],
  ],
  [TYPES, [...bin('typescript/bin/tsc'), '-b']],
  ['the command in one file', script('build-command.mjs')],
  ['lint', bin('oxlint/bin/oxlint')],
  [
    'import rules',
    [
      ...bin('dependency-cruiser/bin/dependency-cruise.mjs'),
      ...['--config', '.dependency-cruiser.cjs', '--output-type', 'err-long'],
      ...folders,
    ],
  ],
  ['what the client packages load', script('check-runtime-imports.mjs')],
  ['sizes', bin('size-limit/bin.js')],
  ['exported names', script('check-api.mjs').concat('--check')],
  ['snippets', script('check-snippets.mjs')],
  ['API reference', script('generate-api-docs.mjs').concat('--check')],
  ['dead code', [...bin('knip/bin/knip.js'), '--no-progress']],
  ['spec ids', script('check-spec-ids.mjs')],
  ['glossary', script('check-words.mjs')],
  ['tree', script('check-tree.mjs')],
  ['schema drift', script('generate-migrations.mjs').concat('--check')],
]
if (!process.argv.includes('--no-tests')) checks.push(['tests', script('test.mjs')])

const failed = []
for (const [name, [program, ...args]] of checks) {
  // Without types every expression is `any` to the linter: thousands of findings that say nothing.
  if (name === 'lint' && failed.includes(TYPES)) {
    console.log('\n--- lint: not run, because the types fail')
    continue
  }
  const start = performance.now()
  console.log(`\n--- ${name}`)
  const run = spawnSync(program, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  if (run.signal) process.kill(process.pid, run.signal)
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`--- ${name}: ${run.status === 0 ? 'ok' : 'FAILED'} (${seconds} s)`)
  if (run.status !== 0) failed.push(name)
}

console.log(failed.length === 0 ? '\nAll checks passed.' : `\nFailed: ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
