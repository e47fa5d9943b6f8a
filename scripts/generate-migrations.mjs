// Writes the migrations that the tables ask for, for both engines: npm run migrations [-- --name what-changes]
// With --check nothing is written: it fails when a table has changed and its migration is missing.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { root } from './files.mjs'

const [option, ...rest] = process.argv.slice(2)
const isCheck = option === '--check'
const options = isCheck ? [] : process.argv.slice(2)
const scratch = join(root, 'node_modules', '.cache', 'migrations')

const listing = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => `${relative(folder, file)}\n${readFileSync(file, 'utf8')}`)
    .sort()
    .join('\n')

function generate(engine, folder) {
  const kit = join(root, 'node_modules', 'drizzle-kit', 'bin.cjs')
  const run = spawnSync(
    process.execPath,
    [kit, 'generate', '--config=drizzle.config.ts', ...options],
    {
      cwd: root,
      // drizzle-kit writes below ./ only.
      env: { ...process.env, TIDINGS_ENGINE: engine, TIDINGS_MIGRATIONS: relative(root, folder) },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  if (!isCheck || run.status !== 0) process.stdout.write(run.stdout + run.stderr)
  return run.status === 0
}

/** drizzle-kit asks back when a column may have been renamed, and fails here, where nobody can answer: also a drift. */
function isCurrent(engine, committed) {
  const copy = join(scratch, engine)
  rmSync(copy, { recursive: true, force: true })
  mkdirSync(scratch, { recursive: true })
  if (existsSync(committed)) cpSync(committed, copy, { recursive: true })
  if (existsSync(committed) && generate(engine, copy) && listing(copy) === listing(committed))
    return true
  console.error(`${engine}: the tables have changed. Run: npm run migrations`)
  return false
}

if (rest.includes('--check')) throw new Error('--check takes no other option')
const results = ['sqlite', 'postgres'].map((engine) => {
  const folder = join(root, 'packages', 'server', 'migrations', engine)
  return isCheck ? isCurrent(engine, folder) : generate(engine, folder)
})
if (isCheck && results.every(Boolean)) console.log('both sets of migrations match the tables')
process.exitCode = results.every(Boolean) ? 0 : 1
