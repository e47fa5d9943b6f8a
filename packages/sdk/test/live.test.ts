import { TidingsError, type Event, type Head, type PullInput } from '@tidings/protocol/wire'
import { expect, test } from 'vitest'
import { Live } from '../src/live.ts'
import type { Rpc } from '../src/rpc.ts'
import {
  memoryStorage,
  type ClientStorage,
  type StorageChange,
  type TidingsClient,
} from '../src/index.ts'
import {
  CONVERSATION,
  credentialsOf,
  keptTokens,
  messageEvent,
  openScene,
  sentOf,
  STREAM,
  textTo,
  type Scene,
} from './support/fake-client.ts'
import { FakeClock, settle } from './support/fake-clock.ts'

function toldTo(client: TidingsClient): Event['seq'][] {
  const seqs: number[] = []
  client.on('message.created', ({ seq }) => seqs.push(seq))
  return seqs
}

function headOf(seq: number): Head {
  return { stream: STREAM, head: seq, tag: seq * 7, floor: 0 }
}

/** Serves a stream of so many messages to heads and pulls. */
function serving({ server }: Scene, head: () => number): void {
  server.on('sync.heads', () => ({
    epoch: 1,
    watermark: 1,
    heads: head() > 0 ? [headOf(head())] : [],
    next: null,
  }))
  server.on('sync.pullCompact', ({ streams }: PullInput) => ({
    epoch: 1,
    streams: streams.map(({ stream, after }) => ({
      stream,
      events: Array.from({ length: head() - after }, (_, index) => messageEvent(after + 1 + index)),
      upTo: { seq: head(), tag: head() * 7 },
      more: false,
    })),
  }))
}

async function connected(scene: Scene): Promise<void> {
  const connecting = scene.client.connect()
  await scene.clock.advance(0)
  await connecting
}

test('[SDK6] pushed events are told once and in order, whatever comes twice or too early', async () => {
  const scene = openScene()
  let head = 0
  serving(scene, () => head)
  await connected(scene)
  const told = toldTo(scene.client)
  const [one, two, three, five] = [1, 2, 3, 5].map((seq) => messageEvent(seq)) as [
    Event,
    Event,
    Event,
    Event,
  ]
  head = 1
  scene.server.push({ kind: 'events', events: [one] })
  await scene.clock.advance(0)
  head = 5
  scene.server.push(
    { kind: 'events', events: [one, three] },
    { kind: 'events', events: [two, five] },
  )
  await scene.clock.advance(0)
  expect(told).toEqual([1, 2, 3])
  await scene.clock.advance(300)
  expect(told).toEqual([1, 2, 3, 4, 5])
})

test('[SDK6] the acknowledgement of an own message is its event, and its push is not told again', async () => {
  const scene = openScene()
  serving(scene, () => 0)
  await connected(scene)
  const events: unknown[] = []
  scene.client.on('message.created', (event) => events.push(event))
  scene.server.on('message.send', (input: never) => sentOf(input, 1))
  await scene.client.message.send({ ...textTo(CONVERSATION, 'hi'), clientMessageId: 'mine' })
  await settle()
  scene.server.push({ kind: 'events', events: [messageEvent(1)] })
  await settle()
  expect(events).toEqual([
    {
      stream: STREAM,
      seq: 1,
      tag: 7,
      timestamp: 1,
      type: 'message.created',
      body: {
        message: {
          id: 'message-1',
          conversationId: CONVERSATION,
          seq: 1,
          senderId: 'id-of-ann',
          clientMessageId: 'mine',
          body: { kind: 'text', text: 'hi' },
          createdAt: 1,
          editedAt: null,
        },
      },
    },
  ])
})

test('[SDK6] what a lost connection has missed is told by the next one, between what came before and after', async () => {
  const scene = openScene()
  let head = 1
  serving(scene, () => head)
  await connected(scene)
  const told = toldTo(scene.client)
  head = 2
  scene.server.push({ kind: 'events', events: [messageEvent(2)] })
  await settle()
  scene.server.socket.drop(1006)
  head = 6
  await scene.clock.advance(1000)
  head = 7
  scene.server.push({ kind: 'events', events: [messageEvent(7)] })
  await settle()
  expect(told).toEqual([2, 3, 4, 5, 6, 7])
})

test('[SDK6] behind makes the client look again', async () => {
  const scene = openScene()
  let head = 1
  serving(scene, () => head)
  await connected(scene)
  const told = toldTo(scene.client)
  head = 3
  scene.server.push({ kind: 'behind' })
  await settle()
  expect(told).toEqual([2, 3])
})

test('[SDK6] failed calls of catching up are repeated until they succeed', async () => {
  const scene = openScene()
  serving(scene, () => 0)
  let failures = 4
  scene.server.on('sync.heads', () => {
    failures -= 1
    if (failures >= 0) throw new TidingsError('UNAVAILABLE')
    return { epoch: 1, watermark: 1, heads: [], next: null }
  })
  const connecting = scene.client.connect()
  await scene.clock.advance(30_000)
  await expect(connecting).resolves.toBeUndefined()
})

test('[SDK16] a client without positions begins at the heads: a reset for each stream, then caughtUp', async () => {
  const scene = openScene()
  serving(scene, () => 5)
  const told: unknown[] = []
  scene.client.on('reset', (reset) => told.push(reset))
  scene.client.on('caughtUp', () => told.push('caughtUp'))
  scene.client.on('event', (event) => told.push(event))
  await connected(scene)
  expect(told).toEqual([{ stream: STREAM, reason: 'new' }, 'caughtUp'])
})

test('[SDK16] from-start tells everything from the beginning, before connect resolves', async () => {
  const scene = openScene({ catchUp: 'from-start' })
  serving(scene, () => 3)
  const told = toldTo(scene.client)
  await connected(scene)
  expect(told).toEqual([1, 2, 3])
})

test('[SDK7] a listener that throws or rejects hinders nobody, and is reported', async () => {
  const scene = openScene()
  serving(scene, () => 0)
  await connected(scene)
  const told: unknown[] = []
  const errors: unknown[] = []
  scene.client.on('message.created', () => {
    throw new Error('first')
  })
  const later: (event: unknown) => unknown = () => Promise.reject(new Error('second'))
  scene.client.on('message.created', later)
  scene.client.on('message.created', ({ seq }) => told.push(seq))
  scene.client.on('event', ({ seq }) => told.push(seq))
  scene.client.on('error', ({ code, cause }) => errors.push([code, (cause as Error).message]))
  scene.server.push({ kind: 'events', events: [messageEvent(1)] })
  await settle()
  expect(told).toEqual([1, 1])
  expect(errors).toEqual([
    ['INTERNAL', 'first'],
    ['INTERNAL', 'second'],
  ])
})

test('[SDK7] unsubscribing ends the listening, also in the middle of an event', async () => {
  const scene = openScene()
  serving(scene, () => 0)
  await connected(scene)
  const told: string[] = []
  const stopOther = scene.client.on('event', () => undefined)
  const stopFirst = scene.client.on('message.created', () => {
    told.push('first')
    stopFirst()
    stopSecond()
    scene.client.on('message.created', () => told.push('late'))
  })
  const stopSecond = scene.client.on('message.created', () => told.push('second'))
  stopOther()
  stopOther()
  scene.server.push({ kind: 'events', events: [messageEvent(1)] })
  await settle()
  expect(told).toEqual(['first'])
  scene.server.push({ kind: 'events', events: [messageEvent(2)] })
  await settle()
  expect(told).toEqual(['first', 'late'])
})

test('[SDK6] what a listener sends does not overtake the events that are being told', async () => {
  const scene = openScene()
  serving(scene, () => 0)
  await connected(scene)
  scene.server.on('message.send', (input: never) => sentOf(input, 3))
  const told = toldTo(scene.client)
  scene.client.on('message.created', ({ seq }) => {
    if (seq === 1) void scene.client.message.send(textTo(CONVERSATION, 'an answer'))
  })
  scene.server.push({ kind: 'events', events: [messageEvent(1), messageEvent(2)] })
  await settle()
  expect(told).toEqual([1, 2, 3])
})

test('[SDK6] an input that comes while events are told waits for its turn', async () => {
  const told: number[] = []
  const nothing = (): void => undefined
  const heads: unknown = { epoch: 1, watermark: 1, heads: [], next: null }
  const live: Live = new Live({
    rpc: (() => Promise.resolve(heads)) as Rpc,
    environment: new FakeClock(),
    mode: 'from-head',
    load: () => Promise.resolve({ mark: undefined, positions: [] }),
    handlers: {
      event: ({ seq }) => {
        if (seq === 1) live.accepted([messageEvent(3)])
        told.push(seq)
      },
      ...{
        signal: nothing,
        reset: nothing,
        commit: nothing,
        caughtUp: nothing,
        resubscribe: nothing,
        error: nothing,
      },
    },
  })
  await live.load()
  live.items([{ kind: 'ready', epoch: 1, watermark: 1 }])
  await settle()
  live.items([{ kind: 'events', events: [messageEvent(1), messageEvent(2)] }])
  expect(told).toEqual([1, 2, 3])
})

test('[SDK8] [SDK14] a listener that closes the client hears nothing more, and the rest is told later', async () => {
  const storage = memoryStorage()
  const first = openScene({ storage })
  serving(first, () => 0)
  await connected(first)
  const told = toldTo(first.client)
  const closed = new Promise<void>((resolve) => {
    first.client.on('message.created', ({ seq }) => {
      if (seq === 2) resolve(first.client.close())
    })
  })
  first.server.push({ kind: 'events', events: [1, 2, 3].map((seq) => messageEvent(seq)) })
  await closed
  await settle()
  expect(told).toEqual([1, 2])
  const second = openScene({ storage })
  serving(second, () => 3)
  const toldLater = toldTo(second.client)
  await connected(second)
  expect(toldLater).toEqual([3])
})

test('[SDK6] signals are told as they come', async () => {
  const scene = openScene()
  await connected(scene)
  const told: unknown[] = []
  scene.client.on('typing.started', ({ body }) => told.push(body))
  const body = { conversationId: CONVERSATION, userId: 'id-of-bob' }
  scene.server.push({ kind: 'signals', signals: [{ type: 'typing.started', timestamp: 1, body }] })
  await settle()
  expect(told).toEqual([body])
})

/** A storage whose writes can fail, with a record of them. */
function recording(): ClientStorage & { readonly writes: StorageChange[][]; isBroken: boolean } {
  const memory = memoryStorage()
  const storage = {
    writes: [] as StorageChange[][],
    isBroken: false,
    read: memory.read.bind(memory),
    clear: memory.clear.bind(memory),
    async write(changes: readonly StorageChange[]) {
      if (storage.isBroken) throw new Error('disk full')
      storage.writes.push([...changes])
      await memory.write(changes)
    },
  }
  return storage
}

/** What a write has put under keys that begin so. */
function putsOf(changes: readonly StorageChange[] | undefined, start: string): unknown[] {
  return (changes ?? []).flatMap((change) =>
    change.kind === 'put' && change.key.startsWith(start) ? [change.value] : [],
  )
}

test('[SDK14] a later client with the same storage is told what came since, and nothing again', async () => {
  const storage = memoryStorage()
  const first = openScene({ storage })
  let head = 2
  serving(first, () => head)
  await connected(first)
  head = 3
  first.server.push({ kind: 'events', events: [messageEvent(3)] })
  await settle()
  await first.client.close()

  const second = openScene({ storage })
  head = 5
  serving(second, () => head)
  const told = toldTo(second.client)
  await connected(second)
  expect(told).toEqual([4, 5])
})

test('[SDK14] an event is kept with its position after its listeners were called', async () => {
  const storage = recording()
  const scene = openScene({ storage })
  serving(scene, () => 0)
  await connected(scene)
  await settle()
  const kept = storage.writes.length
  const told: number[] = []
  scene.client.on('message.created', () => told.push(storage.writes.length - kept))
  scene.server.push({ kind: 'events', events: [messageEvent(1)] })
  await settle()
  expect(told).toEqual([0])
  const last = storage.writes[kept]
  expect(putsOf(last, 'message/')).toMatchObject([{ id: 'message-1', seq: 1 }])
  expect(putsOf(last, `position/${STREAM}`)).toEqual([{ seq: 1, tag: 7 }])
  expect(await storage.read({ from: 'owner', to: 'owner/' })).toMatchObject([
    { value: { userId: 'id-of-ann' } },
  ])
})

test('[SDK14] a write that fails is made again with what has come since, and is reported', async () => {
  const storage = recording()
  const scene = openScene({ storage })
  serving(scene, () => 0)
  await connected(scene)
  const errors: unknown[] = []
  scene.client.on('error', (error) => errors.push(error.message))
  storage.isBroken = true
  scene.server.push({ kind: 'events', events: [messageEvent(1)] })
  await settle()
  scene.server.push({ kind: 'events', events: [messageEvent(2)] })
  await settle()
  storage.isBroken = false
  await scene.clock.advance(10_000)
  expect(errors).toEqual(['disk full'])
  expect(putsOf(storage.writes.at(-1), 'message/')).toMatchObject([{ seq: 1 }, { seq: 2 }])
  expect(putsOf(storage.writes.at(-1), `position/${STREAM}`).at(-1)).toEqual({ seq: 2, tag: 14 })
})

test('[SDK14] what comes while a write is failing is written with it', async () => {
  const storage = recording()
  const scene = openScene({ storage })
  serving(scene, () => 0)
  await connected(scene)
  scene.client.on('error', () => undefined)
  const { write } = storage
  let fail: () => void = () => undefined
  storage.write = () => new Promise((_, reject) => (fail = () => reject(new Error('disk full'))))
  for (const seq of [1, 2]) {
    scene.server.push({ kind: 'events', events: [messageEvent(seq)] })
    await settle()
  }
  storage.write = write
  fail()
  await scene.clock.advance(10_000)
  expect(putsOf(storage.writes.at(-1), 'message/')).toMatchObject([{ seq: 1 }, { seq: 2 }])
})

test('[SDK12] positions of another user are not used', async () => {
  const storage = memoryStorage()
  const ann = openScene({ storage })
  serving(ann, () => 2)
  await connected(ann)
  await ann.client.close()
  const bob = openScene({ storage, tokens: keptTokens(credentialsOf('bob')) })
  serving(bob, () => 5)
  const told = toldTo(bob.client)
  const resets: unknown[] = []
  bob.client.on('reset', (reset) => resets.push(reset))
  await connected(bob)
  expect(told).toEqual([])
  expect(resets).toEqual([{ stream: STREAM, reason: 'new' }])
})

test('[SDK12] signing in as another user starts afresh and sends nothing of the first one’s', async () => {
  const scene = openScene()
  serving(scene, () => 2)
  await connected(scene)
  scene.server.on('message.send', () => {
    throw new TidingsError('UNAVAILABLE')
  })
  const sending = scene.client.message
    .send(textTo(CONVERSATION, 'from ann'))
    .catch((error: unknown) => error)
  await settle()
  const resets: unknown[] = []
  scene.client.on('reset', (reset) => resets.push(reset))
  scene.server.on('account.login', () => credentialsOf('bob'))
  await scene.client.account.login({ login: 'bob', password: 'x' })
  expect(await sending).toMatchObject({ code: 'UNAUTHENTICATED' })
  const before = scene.server.callsOf('message.send').length
  await scene.clock.advance(60_000)
  expect(scene.server.callsOf('message.send')).toHaveLength(before)
  expect(scene.client.userId).toBe('id-of-bob')
  expect(scene.server.socket.token).toBe('bob-token')
  expect(resets).toEqual([{ stream: STREAM, reason: 'new' }])
})

test('[SDK12] signing out ends the session, the connection and every memory of them', async () => {
  const storage = recording()
  const tokens = keptTokens()
  const scene = openScene({ storage, tokens })
  serving(scene, () => 2)
  await connected(scene)
  scene.server.on('account.logout', () => null)
  await scene.client.account.logout()
  expect(scene.client.connection.state).toMatchObject({
    state: 'disconnected',
    reason: 'signedOut',
  })
  expect(await tokens.load()).toBeUndefined()
  expect(await storage.read({ from: '', to: '\uffff' })).toEqual([])
  expect(scene.server.callsOf('account.logout')).toMatchObject([
    { over: 'http', token: 'ann-token' },
  ])
  await expect(scene.client.connect()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
})

test('[SDK12] signing out without a network signs out here, and says that the session lives on', async () => {
  const tokens = keptTokens()
  const scene = openScene({ tokens })
  scene.server.isUnreachable = true
  await expect(scene.client.account.logout()).rejects.toMatchObject({ code: 'NETWORK' })
  expect(await tokens.load()).toBeUndefined()
})

test('[SDK23] the next page is asked for before the one that has come is told, which is kept in one write', async () => {
  const log: string[] = []
  const kept = memoryStorage()
  const storage: ClientStorage = {
    ...kept,
    write(changes) {
      const keys = changes.map(({ kind, ...change }) => ('key' in change ? change.key : kind))
      const messages = keys.filter((key) => key.startsWith('message/')).length
      if (messages > 0) log.push(`kept ${messages}`)
      return kept.write(changes)
    },
  }
  const scene = openScene({ catchUp: 'from-start', storage })
  serving(scene, () => 6)
  scene.server.on('sync.pullCompact', ({ streams: [asked] }: PullInput) => {
    const after = asked?.after ?? 0
    log.push(`asked after ${after}`)
    const events = [1, 2, 3].map((more) => messageEvent(after + more))
    const upTo = { seq: after + 3, tag: (after + 3) * 7 }
    return { epoch: 1, streams: [{ stream: STREAM, events, upTo, more: after === 0 }] }
  })
  scene.client.on('message.created', ({ seq }) => log.push(`told ${seq}`))
  await connected(scene)
  expect(log).toEqual([
    'asked after 0',
    ...['asked after 3', 'told 1', 'told 2', 'told 3', 'kept 3'],
    ...['told 4', 'told 5', 'told 6', 'kept 3'],
  ])
})
