import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { memoryStorage, memoryTokens, type NoKinds, type TidingsClient } from '../../src/index.ts'
import { openTestKit, type TestKitOptions } from '../../src/testing/index.ts'
import { ClientNetwork } from '../../src/testing/network.ts'
import { webSocketOver } from '../../src/testing/platform.ts'

const text = (said: string) => ({ kind: 'text', text: said }) as const

/** Ann and bob, connected, and their conversation. */
async function openPair(options?: TestKitOptions<NoKinds>) {
  const kit = await openTestKit(options)
  const ann = await kit.createClient('ann')
  const bob = await kit.createClient('bob')
  await Promise.all([ann.connect(), bob.connect()])
  const { id: conversationId } = await ann.conversation.open({ username: 'bob' })
  const say = (client: TidingsClient, said: string) =>
    client.message.send({ conversationId, body: text(said) })
  const heard: string[] = []
  bob.on('message.created', ({ body: { message } }) => {
    if (message.body.kind === 'text' && message.senderId !== bob.userId)
      heard.push(message.body.text)
  })
  return {
    kit,
    ann,
    bob,
    conversationId,
    say,
    heard,
    [Symbol.asyncDispose]: () => kit.close(),
  }
}

test('[KIT1] people talk by real clients and a real server, and nothing listens and nothing is connected', async () => {
  const listen = vi.spyOn(Server.prototype, 'listen')
  await using pair = await openPair()
  const { kit, ann, bob, conversationId, say, heard } = pair
  await say(ann, 'hello')
  await kit.settle()
  expect(heard).toEqual(['hello'])
  const list = bob.store.messages(conversationId)
  const stop = list.subscribe(() => undefined)
  await kit.settle()
  expect(list.get().items).toMatchObject([{ body: text('hello'), state: 'received' }])
  expect(bob.store.unread.get()).toBe(1)
  await bob.message.read({ conversationId })
  await kit.settle()
  expect(bob.store.unread.get()).toBe(0)
  stop()
  expect(kit.network(ann).connections).toBe(1)
  expect(listen).not.toHaveBeenCalled()
  // Pipes are the test runner's own.
  expect(process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP'))).toEqual([])
})

test('[KIT1] calls go over HTTP before a client is connected, and refusals come as errors of the closed list', async () => {
  await using kit = await openTestKit()
  const nobody = await kit.createClient()
  await expect(nobody.account.get()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  await nobody.account.register({ username: 'cat', password: 'my own words', signIn: true })
  expect(await nobody.account.get()).toMatchObject({ username: 'cat' })
  const again = await kit.createClient({ username: 'cat', password: 'my own words' })
  expect(again.userId).toBe(nobody.userId)
  await expect(kit.createClient({ username: 'cat', password: 'wrong' })).rejects.toThrow()
})

test('[KIT2] time stands still until the test lets it pass, and then ends what it should, to the millisecond', async () => {
  await using pair = await openPair()
  const { kit, ann, bob, conversationId } = pair
  const began = kit.clock.now()
  const typing = bob.store.typing(conversationId)
  await ann.typing.start({ conversationId })
  await kit.settle()
  expect(typing.get()).toEqual([ann.userId])
  expect(kit.clock.now()).toBe(began)
  await kit.clock.advance(5_900)
  expect(typing.get()).toEqual([ann.userId])
  await kit.clock.advance(200)
  expect(typing.get()).toEqual([])
  expect(kit.clock.now()).toBe(began + 6_100)
})

test('[KIT2] an access token expires after its quarter of an hour and is renewed unseen', async () => {
  await using kit = await openTestKit()
  const tokens = memoryTokens()
  const ann = await kit.createClient({ username: 'ann', tokens })
  const first = tokens.load()
  await kit.clock.advance(14 * 60_000)
  await ann.account.get()
  expect(tokens.load()).toBe(first)
  await kit.clock.advance(60_000)
  await ann.account.get()
  expect(tokens.load()).not.toEqual(first)
})

test('[KIT2] a gathered receipt waits, and a session lives, as long as the rules say', async () => {
  await using kit = await openTestKit()
  const [ann, bob, cat] = [
    await kit.createClient('ann'),
    await kit.createClient('bob'),
    await kit.createClient('cat'),
  ]
  await Promise.all([ann, bob, cat].map((client) => client.connect()))
  const userIds = [bob.userId ?? '', cat.userId ?? '']
  const { id: conversationId } = await ann.group.create({ name: 'All', userIds })
  await ann.message.send({ conversationId, body: text('hello') })
  await kit.settle()
  const receipts: unknown[] = []
  ann.on('receipt.updated', ({ body }) => receipts.push(...body.receipts))
  await kit.clock.advance(1_000)
  receipts.length = 0
  // The first mark opens a window of 250 ms, in which the others wait.
  await bob.message.read({ conversationId })
  const late = cat.message.read({ conversationId })
  await kit.settle()
  expect(receipts).toMatchObject([{ userId: bob.userId, kind: 'read' }])
  await kit.clock.advance(249)
  expect(receipts).toHaveLength(1)
  await kit.clock.advance(1)
  await late
  expect(receipts).toMatchObject([{ userId: bob.userId }, { userId: cat.userId, kind: 'read' }])

  await kit.clock.jump(31 * 24 * 60 * 60_000)
  await expect(ann.account.get()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
})

test('[KIT2] a ticket opens a connection for 30 seconds and no longer', async () => {
  await using kit = await openTestKit()
  const ann = await kit.createClient('ann')
  const network = kit.network(ann)
  if (!(network instanceof ClientNetwork)) throw new Error('another network')
  const WebSocket = webSocketOver(network)
  const outcomeAfter = async (ms: number): Promise<string> => {
    const { messagingUrl } = await ann.session.createTicket()
    await kit.clock.advance(ms)
    const socket = new WebSocket(messagingUrl)
    const outcome = new Promise<string>((resolve) => {
      socket.addEventListener('open', () => resolve('open'))
      socket.addEventListener('error', () => resolve('refused'))
    })
    socket.addEventListener('open', () => socket.close())
    return outcome
  }
  expect(await outcomeAfter(29_999)).toBe('open')
  expect(await outcomeAfter(30_000)).toBe('refused')
})

test('[KIT2] after a jump what was due runs once and late, as when a computer has slept', async () => {
  await using pair = await openPair()
  const { kit, ann, bob, say, heard } = pair
  const states: string[] = []
  bob.on('connection', ({ state }) => states.push(state))
  await kit.clock.jump(60 * 60_000)
  await kit.clock.advance(60_000)
  await say(ann, 'good morning')
  await kit.settle()
  expect(heard).toEqual(['good morning'])
  expect(bob.connection.state.state).toBe('connected')
})

test('[KIT3] a network that is cut keeps a message back until it is restored, and the connection comes back by itself', async () => {
  await using pair = await openPair()
  const { kit, ann, say, heard } = pair
  const network = kit.network(ann)
  network.cut()
  const sending = say(ann, 'later')
  expect(sending.message.state).toBe('queued')
  await kit.clock.advance(120_000)
  expect(ann.connection.state).toMatchObject({ state: 'connecting', error: { code: 'NETWORK' } })
  expect(heard).toEqual([])
  network.restore()
  await kit.clock.advance(31_000)
  expect(await sending).toMatchObject({ duplicate: false })
  expect(heard).toEqual(['later'])
  expect(ann.connection.state.state).toBe('connected')
})

test('[KIT3] a delay is kept to the millisecond, each way, and keeps the order', async () => {
  await using pair = await openPair()
  const { kit, ann, say, heard } = pair
  kit.network(ann).delay(200)
  const answered: number[] = []
  const began = kit.clock.now()
  for (const said of ['one', 'two'])
    void say(ann, said).then(() => answered.push(kit.clock.now() - began))
  await kit.clock.advance(199)
  expect(heard).toEqual([])
  await kit.clock.advance(1)
  expect(heard).toEqual(['one', 'two'])
  await kit.clock.advance(199)
  expect(answered).toEqual([])
  await kit.clock.advance(1)
  expect(answered).toEqual([400, 400])
})

test('[KIT3] on a stalled network nothing arrives and nobody is told; after it what was sent arrives', async () => {
  await using pair = await openPair()
  const { kit, ann, bob, say, heard } = pair
  kit.network(bob).stall()
  await say(ann, 'slow')
  await kit.clock.advance(3_000)
  expect(heard).toEqual([])
  expect(bob.connection.state.state).toBe('connected')
  kit.network(bob).restore()
  await kit.settle()
  expect(heard).toEqual(['slow'])
  expect(kit.network(bob).connections).toBe(1)
})

test('[KIT3] a half-open connection looks alive until somebody misses an answer, and stays dead', async () => {
  await using pair = await openPair()
  const { kit, ann, bob, say, heard } = pair
  const network = kit.network(bob)
  network.halfOpen()
  await say(ann, 'unheard')
  network.restore()
  await kit.clock.advance(14_000)
  expect(heard).toEqual([])
  expect(bob.connection.state.state).toBe('connected')
  // Quiet for 15 seconds, asked, no answer within 5: replaced.
  await kit.clock.advance(10_000)
  expect(heard).toEqual(['unheard'])
})

test('[KIT3] of a lost call the server knows nothing, of a lost answer the client; both times the message is there once', async () => {
  await using pair = await openPair()
  const { kit, ann, bob, conversationId, say, heard } = pair
  const network = kit.network(ann)
  for (const lose of ['loseNextCall', 'loseNextAnswer'] as const) {
    network[lose]('message.send')
    const sending = say(ann, lose)
    await kit.settle()
    expect(ann.connection.state.state).toBe('connecting')
    expect(heard.includes(lose)).toBe(lose === 'loseNextAnswer')
    await kit.clock.advance(1_000)
    expect(await sending).toMatchObject({ duplicate: lose === 'loseNextAnswer' })
  }
  expect(heard).toEqual(['loseNextCall', 'loseNextAnswer'])
  expect((await bob.message.list({ conversationId })).items).toHaveLength(2)
})

test('[KIT3] a lost call and a lost answer over HTTP are NETWORK', async () => {
  await using kit = await openTestKit()
  const nobody = await kit.createClient()
  const register = (username: string) =>
    nobody.account.register({ username, password: 'my own words', signIn: false })
  kit.network(nobody).loseNextCall('account.register')
  await expect(register('ann')).rejects.toMatchObject({ code: 'NETWORK' })
  kit.network(nobody).loseNextAnswer()
  await expect(register('ann')).rejects.toMatchObject({ code: 'NETWORK' })
  await expect(register('ann')).rejects.toMatchObject({ code: 'USERNAME_TAKEN' })
  kit.network(nobody).cut()
  await expect(register('bob')).rejects.toMatchObject({ code: 'NETWORK' })
})

/** Everything that a run with faults shows, for comparison with another run. */
async function recordedRun(options: TestKitOptions<NoKinds>): Promise<unknown> {
  await using pair = await openPair(options)
  const { kit, ann, bob, conversationId, say, heard } = pair
  const said: unknown[] = []
  bob.on('connection', (state) => said.push([kit.clock.now(), state.state]))
  for (let number = 0; number < 20; number += 1) {
    void say(ann, `${number}`)
    if (number % 5 === 0) kit.network(ann).drop()
    if (number % 7 === 0) kit.network(bob).cut()
    await kit.clock.advance(300)
    if (number % 7 === 3) kit.network(bob).restore()
  }
  kit.network(bob).restore()
  await kit.clock.advance(60_000)
  const { items: messages } = await bob.message.list({ conversationId })
  return { heard, said, messages, users: [ann.userId, bob.userId] }
}

test('[KIT4] the same seed gives the same ids, times and order again; another seed gives others', async () => {
  const one = await recordedRun({ seed: 7 })
  expect(await recordedRun({ seed: 7 })).toEqual(one)
  expect(await recordedRun({ seed: 8 })).not.toEqual(one)
})

test('[KIT5] a client with the storage and the sign-in of an earlier one goes on where that one ended', async () => {
  await using pair = await openPair()
  const { kit, ann, say } = pair
  const storage = memoryStorage()
  const tokens = memoryTokens()
  const first = await kit.createClient({ username: 'bob', storage, tokens })
  await first.connect()
  await say(ann, 'before')
  await kit.settle()
  await first.close()
  await say(ann, 'meanwhile')
  const second = await kit.createClient({ username: 'bob', storage, tokens })
  const told: unknown[] = []
  second.on('message.created', ({ body }) => told.push(body.message.body))
  await second.connect()
  expect(told).toEqual([text('meanwhile')])
})

test('[KIT5] two clients of one name are two devices of one user; the kinds of the app are those of all', async () => {
  const kinds = { poll: z.object({ question: z.string() }) }
  await using kit = await openTestKit({ kinds })
  const ann = await kit.createClient('ann')
  const annToo = await kit.createClient('ann')
  const bob = await kit.createClient('bob')
  expect(annToo.userId).toBe(ann.userId)
  await annToo.connect()
  const seen: string[] = []
  annToo.on('message.created', ({ body: { message } }) => {
    if (message.body.kind === 'poll') seen.push(message.body.data.question)
  })
  const { id: conversationId } = await bob.conversation.open({ username: 'ann' })
  await bob.message.send({ conversationId, body: { kind: 'poll', data: { question: 'Lunch?' } } })
  await kit.settle()
  expect(seen).toEqual(['Lunch?'])
})

test('[KIT5] whose client is not of the kit has no network there', async () => {
  await using one = await openTestKit()
  await using other = await openTestKit()
  const ann = await one.createClient('ann')
  expect(() => other.network(ann)).toThrow('not of this test kit')
})

test('[KIT6] a server that restarts keeps what it has, and its clients come back by themselves', async () => {
  await using pair = await openPair()
  const { kit, ann, bob, say, heard } = pair
  await say(ann, 'before')
  const states: string[] = []
  bob.on('connection', ({ state }) => states.push(state))
  await kit.restartServer()
  const sending = say(ann, 'after')
  await kit.clock.advance(31_000)
  await sending
  expect(states).toContain('connecting')
  expect(heard).toEqual(['before', 'after'])
})

test('[KIT7] a kit that is closed leaves no database and no connection, whatever the network was doing', async () => {
  const place = mkdtempSync(join(tmpdir(), 'tidings-kits-'))
  vi.stubEnv('TMPDIR', place)
  try {
    for (const fault of ['cut', 'stall', 'halfOpen'] as const) {
      const { kit, ann, say } = await openPair()
      expect(readdirSync(place)).toHaveLength(1)
      kit.network(ann)[fault]()
      const sending = say(ann, 'never')
      await kit.close()
      await expect(sending).rejects.toMatchObject({ code: 'CLOSED' })
      await kit.close()
      expect(kit.network(ann).connections).toBe(0)
      expect(readdirSync(place)).toEqual([])
    }
  } finally {
    vi.unstubAllEnvs()
    rmSync(place, { recursive: true, force: true })
  }
})

/** `KITS=200 npx vitest run packages/sdk/test/testing/kit.test.ts` to measure. */
const KITS = Number(process.env['KITS']) || 20

test(
  '[KIT10] a kit with two people and a message costs less than a fifth of a second of a processor',
  { timeout: 120_000 },
  async () => {
    const talk = async (): Promise<void> => {
      await using pair = await openPair()
      const { kit, ann, say, heard } = pair
      await say(ann, 'hello')
      await kit.settle()
      expect(heard).toEqual(['hello'])
    }
    // The first ones pay for loading and compiling.
    for (let number = 0; number < 5; number += 1) await talk()
    const began = performance.now()
    const before = process.cpuUsage()
    for (let number = 0; number < KITS; number += 1) await talk()
    const { user, system } = process.cpuUsage(before)
    const cpu = (user + system) / 1000 / KITS
    const each = (performance.now() - began) / KITS
    console.info(`${KITS} kits: ${cpu.toFixed(1)} ms of a processor and ${each.toFixed(1)} ms each`)
    expect(cpu).toBeLessThan(200)
  },
)
