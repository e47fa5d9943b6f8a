import { TidingsError } from '@tidings/protocol/wire'
import { expect, test } from 'vitest'
import { createDeferred } from '../src/deferred.ts'
import { createClient, isTidingsError } from '../src/index.ts'
import { credentialsOf, keptTokens, openScene, type Scene } from './support/fake-client.ts'
import { settle } from './support/fake-clock.ts'

const CONVERSATION = { conversationId: 'c' }

async function connected(scene: Scene): Promise<void> {
  const connecting = scene.client.connect()
  await scene.clock.advance(0)
  await connecting
}

/** The server takes one token only, and refreshes to it. */
function expiring(scene: Scene, good = 'new'): void {
  scene.server.on('conversation.get', (_, { token }) => {
    if (token !== good) throw new TidingsError('TOKEN_EXPIRED')
    return { id: 'c' }
  })
  scene.server.on('account.refresh', () => credentialsOf('ann', good))
}

test('[SDK1] calls go over HTTP without a connection, and over the connection when there is one', async () => {
  const scene = openScene()
  scene.server.on('conversation.get', () => ({ id: 'c' }))
  expect(await scene.client.conversation.get(CONVERSATION)).toEqual({ id: 'c' })
  await connected(scene)
  await scene.client.conversation.get(CONVERSATION)
  expect(scene.server.callsOf('conversation.get')).toEqual([
    { path: 'conversation.get', input: CONVERSATION, over: 'http', token: 'ann-token' },
    { path: 'conversation.get', input: CONVERSATION, over: 'websocket', token: 'ann-token' },
  ])
})

test('[SDK1] calls of one turn over HTTP share a request, at most 20 of them', async () => {
  const scene = openScene()
  scene.server.on('conversation.get', ({ conversationId }: never) => ({ id: conversationId }))
  const ids = Array.from({ length: 45 }, (_, index) => `c${index}`)
  const calls = ids.map((conversationId) => scene.client.conversation.get({ conversationId }))
  expect((await Promise.all(calls)).map(({ id }) => id)).toEqual(ids)
  expect(scene.server.requests).toEqual([20, 20, 5])
})

test('[SDK1] each call of a request has its own outcome', async () => {
  const scene = openScene()
  scene.server.on('conversation.get', ({ conversationId }: never) => {
    if (conversationId === 'gone') throw new TidingsError('NOT_FOUND')
    return { id: conversationId }
  })
  const [here, gone] = await Promise.allSettled([
    scene.client.conversation.get({ conversationId: 'here' }),
    scene.client.conversation.get({ conversationId: 'gone' }),
  ])
  expect(here).toMatchObject({ value: { id: 'here' } })
  expect(gone).toMatchObject({ reason: { code: 'NOT_FOUND' } })
})

test('[SDK1] what JSON cannot say fails the call that says it and nobody else, over either way', async () => {
  const scene = openScene()
  scene.server.on('conversation.get', () => ({ id: 'c' }))
  const circular: Record<string, unknown> = {}
  circular['self'] = circular
  const bad = [circular, 1n].map((conversationId) => ({ conversationId }) as never)
  for (const over of ['http', 'websocket']) {
    if (over === 'websocket') await connected(scene)
    const [good, ...refused] = await Promise.allSettled([
      scene.client.conversation.get(CONVERSATION),
      ...bad.map((input) => scene.client.conversation.get(input)),
    ])
    expect(good).toMatchObject({ value: { id: 'c' } })
    for (const call of refused) expect(call).toMatchObject({ reason: { code: 'INVALID_INPUT' } })
  }
})

test('[SDK1] an error has its code, its message and its facts, over either way', async () => {
  const scene = openScene()
  const fields = [{ path: 'name', message: 'too long' }]
  scene.server.on('group.create', () => {
    throw new TidingsError('RATE_LIMITED', 'slowly', { retryAfterMs: 1500, fields })
  })
  const expected = {
    code: 'RATE_LIMITED',
    message: 'slowly',
    retryable: true,
    details: { retryAfterMs: 1500, fields },
  }
  const overHttp = await scene.client.group.create({ name: 'x' }).catch((error: unknown) => error)
  expect(isTidingsError(overHttp)).toBe(true)
  expect(overHttp).toMatchObject(expected)
  await connected(scene)
  await expect(scene.client.group.create({ name: 'x' })).rejects.toMatchObject(expected)
})

test('[SDK1] a server that cannot be reached is NETWORK, and so is one that does not answer', async () => {
  const scene = openScene()
  scene.server.isUnreachable = true
  await expect(scene.client.account.get()).rejects.toMatchObject({
    code: 'NETWORK',
    retryable: true,
  })
  scene.server.isUnreachable = false
  scene.server.on('account.get', () => new Promise(() => undefined))
  const asking = scene.client.account.get().catch((error: unknown) => error)
  await scene.clock.advance(15_000)
  expect(await asking).toMatchObject({ code: 'NETWORK' })
  await connected(scene)
  scene.server.on('group.join', () => new Promise(() => undefined))
  const joining = scene.client.group.join(CONVERSATION).catch((error: unknown) => error)
  await scene.clock.advance(15_000)
  expect(await joining).toMatchObject({ code: 'NETWORK' })
})

test('[SDK1] calls that are made one after the other over a connection are given up one after the other, and one that is answered is not', async () => {
  const scene = openScene()
  await connected(scene)
  const never = new Promise(() => undefined)
  const answer = createDeferred<unknown>()
  const answers = [never, answer.promise, never]
  scene.server.on('group.join', () => answers.shift())
  const ends: string[] = []
  const join = (name: string): void => {
    scene.client.group.join(CONVERSATION).then(
      () => ends.push(`${name} answered`),
      ({ code }: { code: string }) => ends.push(`${name} ${code}`),
    )
  }
  join('first')
  await scene.clock.advance(4000)
  join('second')
  await scene.clock.advance(4000)
  join('third')
  await scene.clock.advance(6999)
  expect(ends).toEqual([])
  await scene.clock.advance(1)
  expect(ends).toEqual(['first NETWORK'])
  answer.resolve({ id: 'c' })
  await scene.clock.advance(7999)
  expect(ends).toEqual(['first NETWORK', 'second answered'])
  await scene.clock.advance(1)
  expect(ends).toEqual(['first NETWORK', 'second answered', 'third NETWORK'])
})

test.each([
  [502, '<h1>Bad gateway</h1>', 'UNAVAILABLE'],
  [503, '', 'UNAVAILABLE'],
  [429, 'slow down', 'RATE_LIMITED'],
  [413, '{"message":"too large"}', 'PAYLOAD_TOO_LARGE'],
  [500, 'null', 'INTERNAL'],
  [200, '<html>a portal</html>', 'NETWORK'],
  [200, '[1]', 'NETWORK'],
] as const)(
  '[SDK1] an answer %i that is not the server’s own (%s) is %s',
  async (status, text, code) => {
    const fetch = () =>
      Promise.resolve(new Response(text, { status, headers: { 'retry-after': '2' } }))
    const client = createClient({ url: 'http://server.test', fetch, tokens: keptTokens() })
    await expect(client.account.get()).rejects.toMatchObject({
      code,
      details: { retryAfterMs: 2000 },
    })
  },
)

test.each(['', 'not a url', 'ftp://server.test', 'ws://server.test'])(
  '[SDK1] %j is no url of a server',
  (url) => {
    expect(() => createClient({ url })).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
  },
)

test('[SDK1] a query whose connection is lost is asked again, a mutation is not', async () => {
  const scene = openScene()
  await connected(scene)
  scene.server.on('group.create', () => new Promise(() => undefined))
  scene.server.on('conversation.get', (_, { over }) =>
    over === 'http' ? { id: 'c' } : new Promise(() => undefined),
  )
  const asking = scene.client.conversation.get(CONVERSATION)
  const creating = scene.client.group.create({ name: 'x' }).catch((error: unknown) => error)
  await settle()
  scene.server.socket.drop(1006)
  expect(await asking).toEqual({ id: 'c' })
  expect(await creating).toMatchObject({ code: 'NETWORK' })
  expect(scene.server.callsOf('group.create')).toHaveLength(1)
})

test('[SDK1] at most 32 calls are under way on a connection; the others wait their turn', async () => {
  const scene = openScene()
  await connected(scene)
  const releases: (() => void)[] = []
  scene.server.on('typing.stop', () => new Promise<void>((resolve) => releases.push(resolve)))
  const calls = Array.from({ length: 40 }, () => scene.client.typing.stop(CONVERSATION))
  await settle()
  expect(releases).toHaveLength(32)
  for (const release of releases.splice(0)) release()
  await settle()
  expect(releases).toHaveLength(8)
  for (const release of releases.splice(0)) release()
  await Promise.all(calls)
})

test('[SDK1] a connection on which 32 calls have no answer in time is replaced: those behind them do not wait for ever', async () => {
  const scene = openScene()
  await connected(scene)
  scene.server.on('group.create', () => new Promise<never>(() => undefined))
  scene.server.on('conversation.get', () => ({ id: 'c' }))
  const create = () => scene.client.group.create({ name: 'x' }).catch((error: unknown) => error)
  const calls = Array.from({ length: 32 }, create)
  const behind = scene.client.conversation.get(CONVERSATION)
  await scene.clock.advance(15_001)
  for (const outcome of await Promise.all(calls)) expect(outcome).toMatchObject({ code: 'NETWORK' })
  expect(await behind).toEqual({ id: 'c' })
  await scene.clock.advance(1_000)
  expect(scene.server.sockets).toHaveLength(2)
})

test('[SDK1] a program that stood still while calls were under way reads their answers before it gives them up', async () => {
  const scene = openScene()
  await connected(scene)
  const answers: (() => void)[] = []
  scene.server.on(
    'group.create',
    () => new Promise((resolve) => answers.push(() => resolve({ id: 'g' }))),
  )
  const calls = Array.from({ length: 32 }, () => scene.client.group.create({ name: 'x' }))
  await settle()
  scene.clock.freeze(60_000)
  await scene.clock.advance(1)
  for (const answer of answers) answer()
  await settle()
  expect(await Promise.all(calls)).toHaveLength(32)
  expect(scene.server.sockets).toHaveLength(1)
})

test('[SDK10] an expired token is renewed once for all calls, which are made again unseen', async () => {
  const scene = openScene()
  expiring(scene)
  const calls = Array.from({ length: 5 }, () => scene.client.conversation.get(CONVERSATION))
  expect(await Promise.all(calls)).toHaveLength(5)
  await scene.client.conversation.get(CONVERSATION)
  expect(scene.server.callsOf('account.refresh')).toHaveLength(1)
})

test('[SDK10] a renewed sign-in is kept', async () => {
  const tokens = keptTokens()
  const scene = openScene({ tokens })
  expiring(scene)
  await scene.client.conversation.get(CONVERSATION)
  expect(await tokens.load()).toEqual(credentialsOf('ann', 'new'))
  scene.server.on('account.refresh', () => credentialsOf('ann', 'newer'))
  await scene.client.account.refresh()
  expect(await tokens.load()).toEqual(credentialsOf('ann', 'newer'))
})

test('[SDK10] a token that somebody else has renewed in the same store is used, not renewed again', async () => {
  const tokens = keptTokens()
  const scene = openScene({ tokens })
  expiring(scene)
  await scene.client.conversation.get(CONVERSATION)
  expiring(scene, 'newest')
  await tokens.save(credentialsOf('ann', 'newest'))
  await scene.client.conversation.get(CONVERSATION)
  expect(scene.server.callsOf('account.refresh')).toHaveLength(1)
})

test('[SDK10] when a sign-in is over, the server is told once and every call says so', async () => {
  const scene = openScene()
  expiring(scene)
  scene.server.on('account.refresh', () => {
    throw new TidingsError('SESSION_REVOKED')
  })
  for (let turn = 0; turn < 3; turn += 1) {
    await expect(scene.client.conversation.get(CONVERSATION)).rejects.toMatchObject({
      code: 'SESSION_REVOKED',
    })
  }
  expect(scene.server.callsOf('account.refresh')).toHaveLength(1)
})

test('[SDK12] a call of one user is never repeated as another', async () => {
  const scene = openScene()
  expiring(scene, 'bob-token')
  let refreshed: () => void = () => undefined
  scene.server.on(
    'account.refresh',
    () => new Promise((resolve) => (refreshed = () => resolve(credentialsOf('ann', 'new')))),
  )
  scene.server.on('account.login', () => credentialsOf('bob'))
  const asking = scene.client.conversation.get(CONVERSATION).catch((error: unknown) => error)
  await settle()
  await scene.client.account.login({ login: 'bob', password: 'x' })
  refreshed()
  expect(await asking).toMatchObject({ code: 'UNAUTHENTICATED' })
  expect(scene.client.userId).toBe('id-of-bob')
  expect(scene.server.callsOf('conversation.get').map(({ token }) => token)).toEqual(['ann-token'])
})

test('[SDK12] a call that is refused after another user has signed in is not repeated as his', async () => {
  const scene = openScene()
  let refuse: () => void = () => undefined
  scene.server.on(
    'conversation.get',
    () => new Promise((_, reject) => (refuse = () => reject(new TidingsError('TOKEN_EXPIRED')))),
  )
  scene.server.on('account.login', () => credentialsOf('bob'))
  const asking = scene.client.conversation.get(CONVERSATION).catch((error: unknown) => error)
  await settle()
  await scene.client.account.login({ login: 'bob', password: 'x' })
  refuse()
  expect(await asking).toMatchObject({ code: 'UNAUTHENTICATED' })
  expect(scene.server.callsOf('conversation.get')).toHaveLength(1)
})

test('[SDK10] tokens from the app are asked for once, and again when one has expired', async () => {
  const asked: unknown[] = []
  const scene = openScene({
    tokens: undefined,
    accessToken: (refused) => {
      asked.push(refused)
      return refused === undefined ? 'old' : 'new'
    },
  })
  expiring(scene)
  await Promise.all([
    scene.client.conversation.get(CONVERSATION),
    scene.client.conversation.get(CONVERSATION),
  ])
  await connected(scene)
  expect(asked).toEqual([undefined, 'old'])
  expect(scene.server.socket.token).toBe('new')
})

test('[SDK10] an app that cannot give a token now is asked again', async () => {
  let isDown = true
  const scene = openScene({
    tokens: undefined,
    accessToken: async () => {
      if (isDown) throw new TidingsError('NETWORK')
      return 'new'
    },
  })
  expiring(scene)
  await expect(scene.client.conversation.get(CONVERSATION)).rejects.toMatchObject({
    code: 'NETWORK',
  })
  isDown = false
  expect(await scene.client.conversation.get(CONVERSATION)).toEqual({ id: 'c' })
})

test('[SDK10] registering with signIn signs in, without it does not', async () => {
  const scene = openScene({ tokens: undefined })
  const { user } = credentialsOf('bob')
  scene.server.on('account.register', ({ signIn }: never) => ({
    user,
    credentials: signIn === true ? credentialsOf('bob') : null,
  }))
  await scene.client.account.register({ username: 'bob', password: 'x' })
  expect(scene.client.userId).toBeUndefined()
  await scene.client.account.register({ username: 'bob', password: 'x', signIn: true })
  expect(scene.client.userId).toBe('id-of-bob')
})
