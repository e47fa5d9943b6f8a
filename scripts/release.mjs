// Publishes the packages, with provenance: npm run release [-- --dry-run]
//
// Only what is committed, described and passes every check goes out. `--dry-run` does all of it but the upload and the tags, and
// takes changes that wait for a version. How a version is made: write changes down with `npx changeset`, then
// `npx changeset version` and commit.
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { PNPM, run } from './archives.mjs'
import { root } from './files.mjs'

/** In the order in which they depend on each other. */
const PUBLISHED = ['protocol', 'server', 'sdk']
const isDryRun = process.argv.includes('--dry-run')

function refuse(...lines) {
  for (const line of lines) console.error(line)
  process.exit(1)
}

function requireCleanTree() {
  const { stdout, status } = spawnSync('git', ['status', '--porcelain'], {
    cwd: root,
    encoding: 'utf8',
  })
  if (status !== 0) refuse('git does not answer here: a release is made from a clone.')
  if (stdout !== '') refuse('The tree has changes that are not committed:', stdout.trimEnd())
}

/** What was written down by `changeset` and is not in a version yet. */
function requireVersion() {
  const waiting = readdirSync(join(root, '.changeset')).filter((file) => file.endsWith('.md'))
  if (waiting.length === 0 || isDryRun) return
  refuse(`Changes wait for a version (npx changeset version): ${waiting.join(', ')}`)
}

/** The registry accepts provenance from builders that can prove who they are. */
function requireBuilder() {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: github, SIGSTORE_ID_TOKEN: other } = process.env
  if (github !== undefined || other !== undefined || isDryRun) return
  refuse(
    'Provenance needs an identity of the machine that builds: run this in CI, in a job with the permission id-token: write',
    '(GitHub), or with SIGSTORE_ID_TOKEN (GitLab).',
  )
}

function versions() {
  return PUBLISHED.map((name) => {
    const file = join(root, 'packages', name, 'package.json')
    const { name: full, version } = JSON.parse(readFileSync(file, 'utf8'))
    return { name, full, version }
  })
}

function publish(name) {
  const dryRun = isDryRun ? ['--dry-run'] : []
  // The tree was looked at above; pnpm would also insist on a branch, and CI checks out a commit.
  const args = ['--provenance', '--access', 'public', '--no-git-checks', ...dryRun]
  run(join(root, 'packages', name), [...PNPM, 'publish', ...args])
}

requireCleanTree()
requireVersion()
requireBuilder()
run(root, ['npm', 'run', 'check'])
run(root, ['npm', 'run', 'check:packages'])
// The checks build, and a build that changes what is committed would publish something else.
requireCleanTree()
for (const { name, full, version } of versions()) {
  console.log(`\n--- ${full} ${version}`)
  publish(name)
}
if (isDryRun) console.log('\nNothing was published: this was a dry run.')
else run(root, [process.execPath, join(root, 'node_modules/@changesets/cli/bin.js'), 'tag'])
