import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** The files that a page of the documentation shows, by name. */
function filesOf(page: string): ReadonlyMap<string, string> {
  const blocks = readFileSync(here(`../../../../docs/${page}`), 'utf8').matchAll(
    /```ts file=(\S+)\n([\s\S]*?)```/g,
  )
  return new Map(Array.from(blocks, ([, name = '', code = '']) => [name, code]))
}

/** Loaded before the tests: any port that is opened and any connection that is made ends the process. */
const WATCH = `
import { Server, Socket } from 'node:net'
for (const [owner, name] of [[Server.prototype, 'listen'], [Socket.prototype, 'connect']])
  owner[name] = () => { console.error(name); process.exit(70) }
`

/** A folder as deep below the server's package as its sources are: the migrations are found from there. */
function openFolder() {
  const parent = here('../../../server/node_modules')
  mkdirSync(parent, { recursive: true })
  const folder = mkdtempSync(join(parent, '.test-kit-'))
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

async function bundle(entry: string, folder: string): Promise<string> {
  const outfile = join(folder, 'bundle.test.mjs')
  await build({
    entryPoints: [entry],
    ...{ bundle: true, outfile, logLevel: 'error' },
    ...{ platform: 'node', target: 'node20', format: 'esm' },
    conditions: ['@tidings/source'],
    alias: { '@tidings/sdk': here('../../src/index.ts') },
    plugins: [
      {
        name: 'the package itself',
        setup: ({ onResolve }) => {
          onResolve({ filter: /^@tidings\/sdk\/testing$/ }, () => ({
            path: here('../../src/testing/index.ts'),
          }))
        },
      },
    ],
    // Native code, and what looks for its files beside its own.
    external: ['better-sqlite3', 'oslo', 'pino'],
    banner: {
      js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)`,
    },
  })
  return outfile
}

test(
  '[KIT8] the example of the documentation passes under node:test as it stands, and a port or a connection would have failed it',
  { timeout: 60_000 },
  async () => {
    using place = openFolder()
    const { folder } = place
    const files = filesOf('testing.md')
    expect([...files.keys()]).toEqual(['greeter.ts', 'greeter.test.ts'])
    for (const [name, code] of files) writeFileSync(join(folder, name), code)
    writeFileSync(join(folder, 'watch.mjs'), WATCH)
    const bundled = await bundle(join(folder, 'greeter.test.ts'), folder)
    const watch = join(folder, 'watch.mjs')
    const run = promisify(execFile)
    const { stdout } = await run(
      process.execPath,
      ['--import', watch, '--test', '--test-reporter=tap', bundled],
      { env: { PATH: process.env['PATH'] } },
    )
    expect(stdout).toMatch(/^# pass 2$/m)
    expect(stdout).toMatch(/^# fail 0$/m)
    const listening = join(folder, 'listening.mjs')
    writeFileSync(listening, `import { createServer } from 'node:http'; createServer().listen(0)`)
    await expect(run(process.execPath, ['--import', watch, listening])).rejects.toMatchObject({
      code: 70,
    })
  },
)

/** Opens kits, breaks their networks, closes them, and says what keeps the process alive. */
const LEAVE = `
import { openTestKit } from '@tidings/sdk/testing'
for (const fault of ['restore', 'cut', 'stall', 'halfOpen']) {
  const kit = await openTestKit()
  const [ann, bob] = [await kit.createClient('ann'), await kit.createClient('bob')]
  await Promise.all([ann.connect(), bob.connect()])
  const { id: conversationId } = await ann.conversation.open({ username: 'bob' })
  kit.network(ann)[fault]()
  ann.message.send({ conversationId, body: { kind: 'text', text: fault } }).catch(() => {})
  await kit.settle()
  await kit.close()
}
console.log(JSON.stringify(process.getActiveResourcesInfo()))
`

test(
  '[KIT7] kits that are closed leave no timer and nothing else that keeps a process alive',
  { timeout: 60_000 },
  async () => {
    using place = openFolder()
    const entry = join(place.folder, 'leave.ts')
    writeFileSync(entry, LEAVE)
    const bundled = await bundle(entry, place.folder)
    const { stdout } = await promisify(execFile)(process.execPath, [bundled])
    // The pipe that this very line is written to.
    expect(JSON.parse(stdout).filter((name: string) => name !== 'PipeWrap')).toEqual([])
  },
)

test(
  '[KIT9] without the server installed it is said what to install',
  { timeout: 60_000 },
  async () => {
    using place = openFolder()
    const { folder } = place
    const entry = join(folder, 'entry.ts')
    writeFileSync(
      entry,
      `import { openTestKit } from '@tidings/sdk/testing'; await openTestKit().catch((error) => console.log(error.message))`,
    )
    const outfile = join(folder, 'alone.mjs')
    await build({
      entryPoints: [entry],
      ...{ bundle: true, outfile, logLevel: 'error' },
      ...{ platform: 'node', target: 'node20', format: 'esm' },
      conditions: ['@tidings/source'],
      alias: { '@tidings/sdk/testing': here('../../src/testing/index.ts') },
      external: ['@tidings/server/testing', 'ws'],
    })
    const { stdout } = await promisify(execFile)(process.execPath, [outfile])
    expect(stdout.trim()).toBe(
      'openTestKit runs a real server in your process: npm install --save-dev @tidings/server',
    )
  },
)
