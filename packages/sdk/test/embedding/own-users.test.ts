import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer } from '@tidings/server'
import { expect, test } from 'vitest'
import {
  createTestPlace,
  describeEngines,
  type Engine,
} from '../../../server/test/support/databases.ts'
import {
  AUDIENCE,
  ISSUER,
  openTokenMaker,
  seconds,
  type TokenMaker,
} from '../../../server/test/support/token-maker.ts'
import { createClient } from '../../src/index.ts'

interface Backend extends AsyncDisposable {
  readonly url: string
  /** How many tokens it has made. */
  readonly made: () => number
}

/** An app with its own users: who asks is known by his cookie, and gets a token for himself. */
async function openBackend(maker: TokenMaker, now: () => number): Promise<Backend> {
  let made = 0
  const server = createHttpServer((request, response) => {
    const who = /(?:^|; )who=(\w+)/.exec(request.headers.cookie ?? '')?.[1]
    response.statusCode = who === undefined ? 401 : 200
    if (who === undefined) return void response.end()
    made += 1
    // Each is another one, also those of the same second.
    const claims = { sub: `id-of-${who}`, preferred_username: who, made }
    void maker.make(claims, { now: seconds(now()) }).then((token) => response.end(token))
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/chat-token`,
    made: () => made,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}

async function openApp(engine: Engine) {
  let passed = 0
  const now = () => Date.now() + passed
  const maker = await openTokenMaker('EdDSA')
  const backend = await openBackend(maker, now)
  const place = await createTestPlace(engine)
  const tidings = createServer({
    databaseUrl: place.url,
    port: 0,
    secrets: ['a secret of tests that is long enough 0123456789'],
    registration: 'closed',
    logLevel: 'silent',
    clock: { now },
    externalTokens: { issuer: ISSUER, audience: AUDIENCE, jwksUri: maker.jwksUri },
  })
  const { url } = await tidings.listen()
  const open = (who: string) =>
    createClient({
      url,
      accessToken: async () => {
        const response = await fetch(backend.url, { headers: { cookie: `who=${who}` } })
        if (!response.ok) throw new Error('not signed in at the app')
        return response.text()
      },
    })
  return {
    backend,
    open,
    pass: (ms: number) => {
      passed += ms
    },
    async [Symbol.asyncDispose]() {
      await tidings.close()
      await place[Symbol.asyncDispose]()
      await backend[Symbol.asyncDispose]()
      await maker[Symbol.asyncDispose]()
    },
  }
}

describeEngines('[S4.7] an app with its own users', (engine) => {
  test('[IDP1] [IDP4] needs no second sign-up: its back end makes the tokens, and clients go on when one ends', async () => {
    await using app = await openApp(engine)
    const [ann, bob] = [app.open('ann'), app.open('bob')]
    try {
      await Promise.all([ann.connect(), bob.connect()])
      expect(ann.store.user.get()).toMatchObject({ username: 'ann' })
      const first = app.backend.made()
      const heard = new Promise((resolve) => bob.on('message.created', resolve))
      const { id } = await ann.conversation.open({ username: 'bob' })
      await ann.message.send({ conversationId: id, body: { kind: 'text', text: 'hello' } })
      expect(await heard).toMatchObject({ body: { message: { body: { text: 'hello' } } } })

      // The tokens that both have shown are over: each connection ends, asks for another and misses nothing.
      const states: string[] = []
      const back = new Promise<void>((resolve) => {
        bob.on('connection', ({ state }) => {
          states.push(state)
          if (state === 'connected') resolve()
        })
      })
      // A quarter of an hour, and half a minute for clocks that differ.
      app.pass(931_000)
      const again = new Promise((resolve) => bob.on('message.created', resolve))
      await back
      expect(app.backend.made()).toBeGreaterThan(first)
      await ann.message.send({ conversationId: id, body: { kind: 'text', text: 'still here' } })
      expect(await again).toMatchObject({ body: { message: { body: { text: 'still here' } } } })
      expect(states).not.toContain('disconnected')
    } finally {
      await Promise.all([ann.close(), bob.close()])
    }
  })
})

test('[IDP1] [S4.7] who is not signed in at the app does not connect', async () => {
  await using app = await openApp('sqlite')
  const stranger = app.open('')
  try {
    await expect(stranger.conversation.list()).rejects.toThrow('not signed in at the app')
  } finally {
    await stranger.close()
  }
})
