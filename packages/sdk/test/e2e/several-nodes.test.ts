import { describe, expect, test, vi } from 'vitest'
import { engines } from '../../../server/test/support/databases.ts'
import { openTestRedis, redisMissing, type TestRedis } from '../../../server/test/support/redis.ts'
import { openCluster, type Cluster, type Device } from './support/cluster.ts'

/** For a machine with much else to do, milliseconds. */
const PATIENCE = 20_000
/** SPEC.md, LIV5. */
const STALE_MS = 3_000
/** SPEC.md, LIV8. */
const REVOKED_MS = 5_000
/**
 * A head check comes at least 1.6 s after the last one. So many messages, each sent when the last one has been seen
 * everywhere, take nine times that by head checks alone; a broker needs some tens of milliseconds for each.
 */
const IN_TURN = 10
const BY_CHECKS_MS = 9 * 1_600

const text = (words: string) => ({ kind: 'text', text: words }) as const

const BROKERS = ['redis', 'postgres', 'none'] as const

const canRun = engines.includes('postgres')

/** How late a timer is at most while something goes on: what a busy machine adds to every bound. */
async function lateness(during: () => Promise<void>): Promise<number> {
  let latest = 0
  let dueAt = performance.now() + 20
  const timer = setInterval(() => {
    latest = Math.max(latest, performance.now() - dueAt)
    dueAt = performance.now() + 20
  }, 20)
  await during()
  clearInterval(timer)
  return latest
}

/** ann at the first node; bob's phone at the second, his desk at the third. */
async function openThree(broker: (typeof BROKERS)[number], redis: TestRedis | undefined) {
  const cluster = await openCluster(3, { broker, redisUrl: redis?.url })
  const ann = await cluster.open('ann', 0)
  const phone = await cluster.open('bob', 1)
  const desk = await cluster.open('bob', 2)
  const { id } = await ann.client.conversation.open({ username: 'bob' })
  const said: string[] = []
  const send = async (words: string) => {
    said.push(words)
    await ann.client.message.send({ conversationId: id, body: text(words) })
  }
  const allSaw = () =>
    vi.waitFor(() => {
      for (const device of [phone, desk]) expect(device.texts(id)).toEqual(said)
    }, PATIENCE)
  return {
    cluster,
    ann,
    phone,
    desk,
    conversationId: id,
    said,
    send,
    allSaw,
    /** The texts that the database has, in their order, as they are read at the third node. */
    async stored() {
      const { items: messages } = await desk.client.message.list({ conversationId: id, limit: 100 })
      return messages
        .toSorted((a, b) => a.seq - b.seq)
        .map(({ body }) => (body?.kind === 'text' ? body.text : ''))
    },
    /** Messages that are each sent when the last one was seen on both devices; answers how long all of them took. */
    async inTurn(name: string) {
      const begun = performance.now()
      for (let count = 1; count <= IN_TURN; count += 1) {
        await send(`${name} ${count}`)
        await allSaw()
      }
      return performance.now() - begun
    },
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  }
}

type Three = Awaited<ReturnType<typeof openThree>>

/** One after another through each way in, and each on time by the machine's clock although nothing carries hints. */
async function expectOnTime(three: Three, name: string): Promise<void> {
  for (let count = 1; count <= 2; count += 1) {
    const begun = performance.now()
    let took = 0
    const late = await lateness(async () => {
      await three.send(`${name} ${count}`)
      await three.allSaw()
      took = performance.now() - begun
    })
    expect(took).toBeLessThan(STALE_MS + 5 * late)
  }
}

async function withRedis<T>(
  broker: (typeof BROKERS)[number],
  work: (redis: TestRedis | undefined) => Promise<T>,
): Promise<T> {
  if (broker !== 'redis') return work(undefined)
  await using redis = await openTestRedis()
  return await work(redis)
}

const of = (device: Device, type: Device['signals'][number]['type'], userId: string) =>
  device.signals.filter((signal) => signal.type === type && signal.body.userId === userId)

describe.skipIf(!canRun).each(BROKERS)('three nodes on one Postgres, broker %s', (broker) => {
  const isMissing = broker === 'redis' && redisMissing !== undefined

  test.skipIf(isMissing)(
    `[S1.8] [BRK8] broker ${broker}: a message sent at one node reaches both devices of its recipient at the others, each once and in order`,
    { timeout: 60_000 },
    async () => {
      await withRedis(broker, async (redis) => {
        await using three = await openThree(broker, redis)
        if (broker === 'none') await expectOnTime(three, 'on time')
        else expect(await three.inTurn('one')).toBeLessThan(BY_CHECKS_MS)
        await Promise.all(Array.from({ length: 50 }, (_, at) => three.send(`at once ${at}`)))
        await three.allSaw()
        expect(await three.stored()).toEqual(three.said)
      })
    },
  )
})

describe.skipIf(!canRun || redisMissing !== undefined)('three nodes and a Redis that dies', () => {
  test(
    '[S1.8] [BRK8] killed in the middle and never started again: every message still comes, once, in order and within 3 s',
    { timeout: 90_000 },
    async () => {
      await using redis = await openTestRedis()
      await using three = await openThree('redis', redis)
      expect(await three.inTurn('before')).toBeLessThan(BY_CHECKS_MS)
      const flying = Array.from({ length: 30 }, (_, at) => three.send(`meanwhile ${at}`))
      await redis.kill()
      await Promise.all(flying)
      await three.allSaw()
      await expectOnTime(three, 'after')
    },
  )

  test(
    '[S1.8] [BRK8] killed and started again: nothing is lost or doubled, and then it carries again',
    { timeout: 90_000 },
    async () => {
      await using redis = await openTestRedis()
      await using three = await openThree('redis', redis)
      for (let round = 1; round <= 2; round += 1) {
        await redis.kill()
        await Promise.all(Array.from({ length: 20 }, (_, at) => three.send(`dead ${round} ${at}`)))
        await redis.start()
        await three.allSaw()
      }
      // The nodes try again every 2 s at most. As soon as all are back, ten in turn are quick.
      await vi.waitFor(
        async () => expect(await three.inTurn('alive')).toBeLessThan(BY_CHECKS_MS),
        60_000,
      )
    },
  )

  test(
    '[BRK8] a node starts while Redis is away, and signs in and sends all the same',
    { timeout: 60_000 },
    async () => {
      await using redis = await openTestRedis()
      await redis.kill()
      await using three = await openThree('redis', redis)
      await expectOnTime(three, 'without')
    },
  )

  test(
    '[LIV8] [S1.8] a session that is ended at one node while Redis is dead is closed at another within 5 s, and is told nothing after that',
    { timeout: 60_000 },
    async () => {
      await using redis = await openTestRedis()
      await using cluster = await openCluster(2, { broker: 'redis', redisUrl: redis.url })
      const { ann, bob, conversationId } = await openTalk(cluster)
      const stolen = await cluster.open('bob', 0)
      const [session] = (await bob.client.session.list()).filter(({ current }) => !current)
      await redis.kill()
      const begun = performance.now()
      let took = 0
      const late = await lateness(async () => {
        await bob.client.session.revoke({ sessionId: session?.id ?? '' })
        await vi.waitFor(() => expect(stolen.states.at(-1)).toBe('disconnected'), PATIENCE)
        took = performance.now() - begun
      })
      expect(took).toBeLessThan(REVOKED_MS + 5 * late)
      const told = stolen.told.length
      await ann.client.message.send({ conversationId, body: text('not for thieves') })
      await vi.waitFor(
        () => expect(bob.texts(conversationId)).toEqual(['not for thieves']),
        PATIENCE,
      )
      expect(stolen.told).toHaveLength(told)
    },
  )
})

/** Long enough for what a broker tells at once to have been told, on a slow machine too, and shorter than any check. */
async function openTalk(cluster: Cluster) {
  const ann = await cluster.open('ann', 0)
  const bob = await cluster.open('bob', 1)
  const { id } = await ann.client.conversation.open({ userId: bob.userId })
  return { ann, bob, conversationId: id }
}

const TELLING = BROKERS.filter((broker) => broker !== 'none')

describe.skipIf(!canRun).each(TELLING)('signals over nodes, broker %s', (broker) => {
  const isMissing = broker === 'redis' && redisMissing !== undefined

  test.skipIf(isMissing)(
    `[SIG1] [SIG4] broker ${broker}: who types at one node is seen typing at another, until his message comes`,
    { timeout: 60_000 },
    async () => {
      await withRedis(broker, async (redis) => {
        await using cluster = await openCluster(2, { broker, redisUrl: redis?.url })
        const { ann, bob, conversationId } = await openTalk(cluster)
        await ann.client.typing.start({ conversationId })
        await vi.waitFor(
          () => expect(of(bob, 'typing.started', ann.userId)).toHaveLength(1),
          PATIENCE,
        )
        await ann.client.message.send({ conversationId, body: text('done') })
        await vi.waitFor(
          () => expect(of(bob, 'typing.stopped', ann.userId)).toHaveLength(1),
          PATIENCE,
        )
        expect(ann.signals.filter(({ type }) => type !== 'presence.changed')).toEqual([])
      })
    },
  )

  test.skipIf(isMissing)(
    `[PRE9] broker ${broker}: who is online at one node is online at all, until his last device anywhere has gone`,
    { timeout: 60_000 },
    async () => {
      await withRedis(broker, async (redis) => {
        const timings = { presenceGraceMs: 300 }
        await using cluster = await openCluster(3, { broker, redisUrl: redis?.url }, timings)
        const { ann, bob } = await openTalk(cluster)
        const desk = await cluster.open('bob', 2)
        const online = async (userId: string) =>
          (await ann.client.presence.list({ userIds: [userId] }))[0]?.online
        await vi.waitFor(async () => expect(await online(bob.userId)).toBe(true), PATIENCE)
        // That he has come may still be on its way to her.
        const gone = () =>
          of(ann, 'presence.changed', bob.userId).filter(
            ({ body }) => 'online' in body && !body.online,
          )
        await bob.client.close()
        // Somebody else's coming, at the same node and later, has been told: so has what was to be told of bob.
        const cat = await cluster.open('cat', 1)
        await cat.client.conversation.open({ userId: ann.userId })
        await vi.waitFor(async () => expect(await online(cat.userId)).toBe(true), PATIENCE)
        expect(await online(bob.userId)).toBe(true)
        expect(gone()).toEqual([])
        await desk.client.close()
        await vi.waitFor(async () => expect(await online(bob.userId)).toBe(false), PATIENCE)
        await vi.waitFor(() => {
          expect(gone()).toMatchObject([{ body: { lastSeenAt: expect.any(Number) } }])
        }, PATIENCE)
      })
    },
  )

  test.skipIf(isMissing)(
    `[LIV8] broker ${broker}: a session that is ended at one node is closed at another at once`,
    { timeout: 60_000 },
    async () => {
      await withRedis(broker, async (redis) => {
        await using cluster = await openCluster(2, { broker, redisUrl: redis?.url })
        const { ann } = await openTalk(cluster)
        const others = [1, 2, 3, 4].map(async () => cluster.open('ann', 1))
        const devices = await Promise.all(others)
        const sessions = (await ann.client.session.list()).filter(({ current }) => !current)
        const closed = () => devices.filter(({ states }) => states.at(-1) === 'disconnected').length
        const begun = performance.now()
        // Session checks are at least 3.2 s apart, so that they alone would take three times that.
        for (const [at, { id }] of sessions.entries()) {
          await ann.client.session.revoke({ sessionId: id })
          await vi.waitFor(() => expect(closed()).toBe(at + 1), PATIENCE)
        }
        expect(performance.now() - begun).toBeLessThan(3 * 3_200)
      })
    },
  )
})

test.skipIf(!canRun)(
  '[ACC4] guesses at three nodes are counted together',
  { timeout: 60_000 },
  async () => {
    await using cluster = await openCluster(3, { broker: 'none' })
    await cluster.open('ann', 0)
    const guess = async (at: number) => {
      const { url } = cluster.servers[at % 3] ?? { url: '' }
      const answer = await fetch(`${url}/trpc/account.login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ json: { login: 'ann', password: `guess ${at}` } }),
      })
      return answer.status
    }
    const statuses = await Promise.all(Array.from({ length: 120 }, (_, at) => guess(at)))
    expect(statuses.filter((status) => status === 401)).toHaveLength(6)
    expect(statuses.filter((status) => status === 429)).toHaveLength(114)
  },
)
