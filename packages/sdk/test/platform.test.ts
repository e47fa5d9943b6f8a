import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { createClient as CreateClient, TidingsClient } from '../src/index.ts'
import { next, openWorld } from './support/world.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** What `src/platform.d.ts` names, and the encoder of the protocol: nothing of Node's own. */
const PLATFORM = {
  fetch,
  AbortController,
  URL,
  TextEncoder,
  WebSocket,
  crypto,
  performance,
  console,
  setTimeout,
  clearTimeout,
  queueMicrotask,
}

/** The core as one script, for a platform of which esbuild knows nothing. */
async function bundleCore(): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: `export { createClient } from './src/index.ts'`, resolveDir: here('..') },
    ...{ bundle: true, write: false, minify: true },
    ...{ format: 'iife', globalName: 'tidings', platform: 'neutral' },
    conditions: ['@tidings/source'],
  })
  return outputFiles[0]?.text ?? ''
}

/** `createClient` in a context that has the globals of an edge runtime and, as there, no code from strings. */
async function onTheEdge(globals: Readonly<Record<string, unknown>>): Promise<typeof CreateClient> {
  const context = createContext({ ...globals }, { codeGeneration: { strings: false, wasm: false } })
  runInContext(await bundleCore(), context)
  return runInContext('tidings.createClient', context)
}

test('[PKG1] the core runs where nothing but the globals of platform.d.ts exists', async () => {
  await using world = await openWorld()
  const createClient = await onTheEdge(PLATFORM)
  const clients = [createClient({ url: world.url }), createClient({ url: world.url })] as const
  const [ann, bob] = clients
  try {
    await join(ann, 'ann')
    await join(bob, 'bob')
    const received = next(bob, 'message.created')
    const { id: conversationId } = await ann.conversation.open({ username: 'bob' })
    await ann.message.send({ conversationId, body: { kind: 'text', text: 'from the edge' } })
    const { body } = await received
    expect(body.message.body).toEqual({ kind: 'text', text: 'from the edge' })
  } finally {
    await Promise.all(clients.map((client) => client.close()))
  }
})

test('[PKG1] where there is no WebSocket, one is asked for, and calls work without', async () => {
  await using world = await openWorld()
  const createClient = await onTheEdge({ ...PLATFORM, WebSocket: undefined })
  const client = createClient({ url: world.url })
  try {
    await client.account.register({ username: 'ann', password: 'correct horse', signIn: true })
    expect(await client.account.get()).toMatchObject({ username: 'ann' })
    await expect(client.connect()).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('createClient({ WebSocket })'),
    })
  } finally {
    await client.close()
  }
})

test('[PKG1] the globals that the core is compiled against are those that it runs with', () => {
  const declared = [
    ...readFileSync(here('../src/platform.d.ts'), 'utf8').matchAll(
      /^  (?:var|const|function|class) (\w+)/gm,
    ),
  ].map(([, name]) => name)
  const given = Object.keys(PLATFORM).filter((name) => name !== 'TextEncoder')
  // Pages have a location; what has none gives an absolute url.
  expect(declared.filter((name) => name !== 'location').sort()).toEqual(given.sort())
})

async function join(client: TidingsClient, username: string): Promise<void> {
  await client.account.register({ username, password: 'correct horse', signIn: true })
  await client.connect()
}
