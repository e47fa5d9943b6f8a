// Nothing of one machine in the tree: no absolute paths of a developer's disk, no address of a package registry.
import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './files.mjs'

const PATTERNS = [
  [/(?<![\w.:$}/-])\/(?:root|home\/[\w.-]+|Users\/[\w.-]+|work)\/[\w.-]+/, 'a path of one machine'],
  [/\bregistry\.[a-z0-9-]+\.[a-z]{2,}|\b_authToken\b|^\s*registry\s*=/m, 'a package registry'],
]

const list = [
  '-c',
  'safe.directory=*',
  'ls-files',
  '-z',
  '--cached',
  '--others',
  '--exclude-standard',
]
const files = execFileSync('git', list, { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean)
const problems = []
for (const file of files) {
  const path = join(root, file)
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat?.isFile() || stat.size > 2_000_000) continue
  const text = readFileSync(path, 'utf8')
  for (const [pattern, what] of PATTERNS) {
    const found = pattern.exec(text)
    if (found) problems.push(`${file}: ${what}: ${found[0]}`)
  }
}
if (/https?:\/\//.test(readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8')))
  problems.push('pnpm-lock.yaml: a host: packages must come by name only')

for (const problem of problems) console.error(problem)
console.log(`${files.length} files read`)
process.exitCode = problems.length > 0 ? 1 : 0
