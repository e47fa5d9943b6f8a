import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, test, vi } from 'vitest'
import { eventSchema, signalSchema } from '@tidings/protocol'
import { createClient } from '../src/index.ts'
import { openWorld } from './support/world.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** What a browser app would load: everything that making a client needs. */
async function bundle(platform: 'browser' | 'node', make = `createClient } from './src/index.ts'`) {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: `export { ${make}`,
      resolveDir: here('..'),
    },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform,
    conditions: ['@tidings/source'],
    external: ['ws'],
  })
  const code = outputFiles[0]?.text ?? ''
  return { code, inputs: Object.keys(metafile.inputs), outputs: Object.values(metafile.outputs) }
}

const CORE = `createCoreClient } from './src/core-entry.ts'`

test('[SDK17] the core weighs at most 25 kB, minified and compressed', async () => {
  const { code } = await bundle('browser', CORE)
  const bytes = gzipSync(code, { level: 9 }).length
  expect(bytes).toBeLessThanOrEqual(25_000)
})

test.each([CORE, undefined])(
  '[SDK17] a client loads no other package, no schema library and nothing of Node; in Node it loads ws when it connects (%s)',
  async (make) => {
    const browser = await bundle('browser', make)
    expect(browser.inputs.filter((input) => input.includes('node_modules'))).toEqual([])
    expect(browser.outputs.flatMap(({ imports }) => imports)).toEqual([])
    const node = await bundle('node', make)
    expect(node.outputs.flatMap(({ imports }) => imports)).toEqual([
      { path: 'ws', kind: 'dynamic-import', external: true },
    ])
  },
)

test('[SDK17] only the test kit knows the server', () => {
  const files = readdirSync(here('../src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  const knowing = files.filter((file) =>
    readFileSync(here(`../src/${file}`), 'utf8').includes('@tidings/server'),
  )
  expect(knowing.filter((file) => !file.startsWith('testing/'))).toEqual([])
})

test('[SDK18] the README names every event, every noun and every view', () => {
  const readme = readFileSync(here('../README.md'), 'utf8')
  const client = createClient({ url: 'http://127.0.0.1:1' })
  const namesIn = (heading: string): string[] => {
    const section = readme.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
    return [...section.matchAll(/`(?:client\.)?([\w.]+)(?:\(\w+\))?`/g)].map(
      ([, name = '']) => name,
    )
  }
  const events = [...eventSchema.options, ...signalSchema.options].map(
    ({ shape }) => shape.type.value,
  )
  expect(
    namesIn('Events')
      .filter((name) => name.includes('.'))
      .toSorted(),
  ).toEqual([...events, 'message.list'].toSorted())
  const nouns = Object.entries(client)
    .filter(([name, value]) => typeof value === 'object' && !['store', 'connection'].includes(name))
    .map(([name]) => name)
  expect(namesIn('Calls')).toEqual(expect.arrayContaining(nouns))
  const views = Object.keys(client.store).filter((name) => name !== 'load')
  expect(namesIn('The store')).toEqual(expect.arrayContaining(views))
})

test('[SDK18] the example of the README runs as it stands', async () => {
  await using world = await openWorld()
  const readme = readFileSync(here('../README.md'), 'utf8')
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  const body = example.replace(/^import .*$/m, '').replaceAll('http://127.0.0.1:3000', world.url)
  const clients: { close(): Promise<void> }[] = []
  const lines: unknown[][] = []
  const open: typeof createClient = (options) => {
    const client = createClient(options)
    clients.push(client)
    return client
  }
  try {
    // oxlint-disable-next-line typescript/no-implied-eval
    const run = new Function('createClient', 'console', `return (async () => {${body}})()`)
    await run(open, { log: (...line: unknown[]) => lines.push(line) })
    await vi.waitFor(
      () => expect(lines).toEqual([['bob sees', { kind: 'text', text: 'hello' }]]),
      15_000,
    )
  } finally {
    for (const client of clients) await client.close()
  }
})
