import { once } from 'node:events'
import type { LiveItem, UserPresence } from '@tidings/protocol/wire'
import { expect, test } from 'vitest'
import { openWebSocketClient } from '../contract/doors.ts'
import { WATCHES } from '../contract/observer.ts'
import { httpClient, register, type Person } from '../contract/person.ts'
import { describePlaces, type Place } from '../support/adapters.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'
import { createGroup, NumberedClient, signUp } from './support/seed-client.ts'

/** Soon over, and longer than a reconnect takes. */
const SHORT = { presenceGraceMs: 200 }
/** Over after the test. */
const LONG = { presenceGraceMs: 60_000 }

async function openPair(place: Place, timings: { presenceGraceMs: number }) {
  const server = await startTestServer({ ...place, timings })
  const [ann, bob] = [await register(server, 'ann'), await register(server, 'bob')]
  await httpClient(server.url, ann.accessToken).conversation.open.mutate({ userId: bob.userId })
  const [watch, numbered] = WATCHES
  if (watch === undefined || numbered === undefined) throw new Error('two ways of watching')
  return {
    server,
    ann,
    bob,
    live: watch,
    numbered,
    presenceOf: async (asker: Person, person: Person) => {
      const { presence } = httpClient(server.url, asker.accessToken)
      return (await presence.list.query({ userIds: [person.userId] }))[0]
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

const of =
  (person: Person, text?: 'online' | 'offline') =>
  (sight: {
    readonly type: string
    readonly userId?: string | undefined
    readonly text?: unknown
  }) =>
    sight.type === 'presence.changed' &&
    sight.userId === person.userId &&
    (text === undefined || sight.text === text)

/** One live subscription, with what it was told of who is online. */
async function subscribe(server: TestServer, person: Person) {
  const { client, [Symbol.asyncDispose]: close } = openWebSocketClient(server, person)
  const told: UserPresence[] = []
  await new Promise<void>((resolve, reject) => {
    client.sync.live.subscribe(undefined, {
      onData(items: LiveItem[]) {
        for (const item of items) {
          if (item.kind === 'ready') resolve()
          if (item.kind !== 'signals') continue
          for (const { body } of item.signals) if ('online' in body) told.push(body)
        }
      },
      onError: reject,
    })
  })
  return { told, close }
}

describePlaces('who is online', (place) => {
  test.each(WATCHES)(
    '[PRE1] [PRE2] [PRE5] who comes and goes over $name is told to the other, however he watches',
    async (way) => {
      await using pair = await openPair(place, SHORT)
      const { server, ann, bob, presenceOf } = pair
      await using live = await pair.live.open(server, bob)
      await using numbered = await pair.numbered.open(server, bob)
      expect(await presenceOf(bob, ann)).toMatchObject({ online: false })
      const connection = await way.open(server, ann)
      for (const watch of [live, numbered]) await watch.saw(of(ann, 'online'))
      expect(await presenceOf(bob, ann)).toEqual({
        userId: ann.userId,
        online: true,
        lastSeenAt: null,
      })
      const closedAt = Date.now()
      await connection[Symbol.asyncDispose]()
      for (const watch of [live, numbered]) {
        await watch.saw(of(ann, 'offline'))
        expect(watch.seen.filter(of(ann))).toHaveLength(2)
        expect(watch.seen.filter(of(bob))).toEqual([])
      }
      const presence = await presenceOf(bob, ann)
      expect(presence?.online).toBe(false)
      // When he went, not when it was told. The clock of Postgres is that of this machine.
      const lastSeenAt = presence?.lastSeenAt ?? 0
      expect(lastSeenAt).toBeGreaterThanOrEqual(closedAt - 1)
      expect(lastSeenAt).toBeLessThanOrEqual(Date.now() - SHORT.presenceGraceMs + 1)
    },
  )

  test('[PRE2] a reconnect is told to nobody', async () => {
    await using pair = await openPair(place, LONG)
    const { server, ann, bob } = pair
    await using live = await pair.live.open(server, bob)
    for (let time = 0; time < 3; time += 1) {
      const connection = await pair.live.open(server, ann)
      await live.saw(of(ann, 'online'))
      await connection[Symbol.asyncDispose]()
    }
    // What was to be told before it has been told once the next one's coming is.
    const cat = await register(server, 'cat')
    await httpClient(server.url, cat.accessToken).conversation.open.mutate({ userId: bob.userId })
    await using here = await pair.live.open(server, cat)
    await live.saw(of(cat, 'online'))
    expect(live.seen.filter(of(ann))).toHaveLength(1)
    expect(here.seen.filter(of(ann))).toEqual([])
    expect(await pair.presenceOf(bob, ann)).toMatchObject({ online: true })
  })

  test('[PRE1] calls make nobody online, over a socket or not', async () => {
    await using pair = await openPair(place, LONG)
    const { server, ann, bob } = pair
    await using calling = openWebSocketClient(server, ann)
    await calling.client.account.get.query()
    expect(await pair.presenceOf(bob, ann)).toMatchObject({ online: false })
    expect(await pair.presenceOf(ann, ann)).toMatchObject({ online: false })
  })

  test('[PRE2] [NET10] who is signed out everywhere is offline', async () => {
    await using pair = await openPair(place, SHORT)
    const { server, ann, bob } = pair
    await using live = await pair.live.open(server, bob)
    const [phone, desk] = [await pair.numbered.open(server, ann), await subscribe(server, ann)]
    await live.saw(of(ann, 'online'))
    await httpClient(server.url, ann.accessToken).account.logout.mutate()
    await live.saw(of(ann, 'offline'))
    expect(live.seen.filter(of(ann))).toHaveLength(2)
    await Promise.all([phone[Symbol.asyncDispose](), desk.close()])
  })

  test('[PRE3] [NUM5] on the numbered door it is frame 42', async () => {
    await using server = await startTestServer({ ...place, timings: SHORT })
    const [ann, bob] = [await signUp(server.url, 'ann'), await signUp(server.url, 'bob')]
    await createGroup(ann, [bob])
    await using bobClient = await NumberedClient.open(bob)
    await bobClient.heard(70)
    const annClient = await NumberedClient.open(ann)
    const came = await bobClient.heard(42)
    expect(came).toEqual({
      type: 42,
      timestamp: expect.any(Number),
      body: { user_id: ann.id, online: true, last_seen_at: null },
    })
    await annClient.close()
    const went = await bobClient.heard(42, ({ body }) => !body.online)
    expect(went).toEqual({
      type: 42,
      timestamp: expect.any(Number),
      body: { user_id: ann.id, online: false, last_seen_at: expect.any(Number) },
    })
    expect(bobClient.all(42)).toHaveLength(2)
  })

  test('[PRE8] a server that stops says of nobody that he has gone, and the next one knows when he was there', async () => {
    await using pair = await openPair(place, SHORT)
    const { server, ann, bob, databaseUrl } = { ...pair, databaseUrl: pair.server.databaseUrl }
    const user = { url: server.url, id: bob.userId, username: 'bob', token: bob.accessToken }
    const start = { method: 20, timestamp: Date.now(), caught_up: true }
    await using bobClient = await NumberedClient.open(user, { start })
    await bobClient.heard(29)
    await using annHere = await pair.live.open(server, ann)
    await bobClient.heard(42)
    const closed = once(bobClient.socket, 'close')
    const before = Date.now()
    await server.server.close()
    await closed
    expect(bobClient.all(42)).toHaveLength(1)
    expect(annHere.seen.filter(of(bob, 'offline'))).toEqual([])
    await using next = await startTestServer({ ...place, timings: SHORT, databaseUrl })
    const { presence } = httpClient(next.url, ann.accessToken)
    for (const { online, lastSeenAt } of await presence.list.query({
      userIds: [ann.userId, bob.userId],
    })) {
      expect(online).toBe(false)
      expect(lastSeenAt).toBeGreaterThanOrEqual(before - 1)
      expect(lastSeenAt).toBeLessThanOrEqual(Date.now())
    }
  })

  test('[PRE7] several hundred come and go at once: each is told of each of his own, once', async () => {
    await using server = await startTestServer({ ...place, timings: SHORT })
    // What another database or adapter does differently it does for fifty as well.
    const count = place.engine === 'sqlite' && place.adapter === 'own' ? 250 : 50
    const names = Array.from({ length: count }, (_, index) => `user-${index}`)
    const people = await Promise.all(names.map((name) => register(server, name)))
    const groups = Array.from({ length: count / 50 }, (_, at) =>
      people.slice(at * 50, at * 50 + 50),
    )
    const firsts = await Promise.all(
      groups.map(async ([first, ...others]) => {
        if (first === undefined) throw new Error('an empty group')
        const { group } = httpClient(server.url, first.accessToken)
        await group.create.mutate({ name: 'all', userIds: others.map(({ userId }) => userId) })
        return subscribe(server, first)
      }),
    )
    const others = await Promise.all(
      groups.flatMap(([, ...rest]) => rest.map((person) => subscribe(server, person))),
    )
    const told = (online: boolean) =>
      firsts.map((first) =>
        first.told
          .filter((presence) => presence.online === online)
          .map(({ userId }) => userId)
          .toSorted(),
      )
    const expected = groups.map(([, ...rest]) => rest.map(({ userId }) => userId).toSorted())
    await expect.poll(() => told(true), { timeout: 20_000 }).toEqual(expected)
    await Promise.all(others.map(({ close }) => close()))
    await expect.poll(() => told(false), { timeout: 20_000 }).toEqual(expected)
    expect(told(true)).toEqual(expected)
    await Promise.all(firsts.map(({ close }) => close()))
  })
})
