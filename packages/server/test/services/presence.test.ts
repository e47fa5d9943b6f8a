import { LIMITS } from '@tidings/protocol/wire'
import { eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { openRealtime } from '../../src/realtime/open-realtime.ts'
import { openSource } from '../../src/realtime/open-source.ts'
import type { Actor } from '../../src/services/actor.ts'
import { openConversation } from '../../src/services/conversation.ts'
import type { Deps } from '../../src/services/deps.ts'
import { leaveGroup } from '../../src/services/group/leave.ts'
import { removeMember } from '../../src/services/group/remove-member.ts'
import { listPresence } from '../../src/services/presence.ts'
import { silent } from '../realtime/support/nodes.ts'
import { PresentConnection } from '../realtime/support/recording-connection.ts'
import { describeEngines, type Engine } from '../support/databases.ts'
import { insertUsers, openWorld } from './conversation-world.ts'
import { newGroup } from './group-calls.ts'

async function openPresenceWorld(engine: Engine) {
  const world = await openWorld(engine, ['ann', 'bob', 'cat', 'dan'])
  const source = {
    ...openSource(world.database, world.journal),
    // One node: no checks of heads that other nodes have moved.
    soleWriter: true,
    // The connections are of sessions that are in no database: a check would close them.
    findEnded: () => Promise.resolve([]),
  }
  const options = { source, journal: world.journal, clock: systemClock, log: silent }
  const realtime = await openRealtime({ ...options, presenceGraceMs: 1 })
  const deps: Deps = { ...world.deps, realtime }
  const get = (viewer: Actor, ...actors: readonly Actor[]) =>
    listPresence(deps, viewer, { userIds: actors.map(({ userId }) => userId) })
  return {
    ...world,
    ...world.users,
    deps,
    source,
    realtime,
    get,
    connect: ({ userKey }: Actor) => new PresentConnection(userKey).register(realtime),
    async [Symbol.asyncDispose]() {
      await realtime.close()
      await world[Symbol.asyncDispose]()
    },
  }
}

type PresenceWorld = Awaited<ReturnType<typeof openPresenceWorld>>

async function useSession(world: PresenceWorld, { userKey }: Actor, at: number): Promise<void> {
  const { sessions } = world.database.tables
  const times = { createdAt: 1, lastSeenAt: at, expiresAt: at + 1000 }
  await world.database.tx((tx) =>
    tx.insert(sessions).values({ id: crypto.randomUUID(), userKey, ...times }),
  )
}

describeEngines('presence', (engine) => {
  test('[PRE4] presence is told of those who share a conversation with the asker, and of himself', async () => {
    await using world = await openPresenceWorld(engine)
    const { ann, bob, cat, dan, deps, get } = world
    await newGroup(world, [ann, bob])
    await openConversation(deps, ann, { userId: cat.userId })
    world.connect(bob)
    world.connect(dan)
    expect(await get(ann, bob, cat, dan, bob, ann)).toEqual([
      { userId: bob.userId, online: true, lastSeenAt: null },
      { userId: cat.userId, online: false, lastSeenAt: null },
      { userId: ann.userId, online: false, lastSeenAt: null },
    ])
    expect(await get(cat, ann)).toHaveLength(1)
    expect(await get(dan, ann, bob, cat)).toEqual([])
    expect(await get(ann)).toEqual([])
  })

  test('[PRE4] a stranger, one who has left, one who was removed and nobody are one answer', async () => {
    await using world = await openPresenceWorld(engine)
    const { ann, bob, cat, dan, deps, get } = world
    const { id } = await newGroup(world, [ann, bob, cat])
    for (const actor of [ann, bob, cat, dan]) world.connect(actor)
    await leaveGroup(deps, bob, { conversationId: id })
    await removeMember(deps, ann, { conversationId: id, userId: cat.userId })
    expect(await get(ann, bob, cat, dan)).toEqual([])
    for (const actor of [bob, cat, dan]) expect(await get(actor, ann)).toEqual([])
    const nobody = { userIds: [crypto.randomUUID()] }
    expect(await listPresence(deps, ann, nobody)).toEqual([])
  })

  test('[PRE3] the members of the small conversations of a user are found, the newest first', async () => {
    await using world = await openPresenceWorld(engine)
    const { ann, bob, cat, dan, deps, source } = world
    const first = await newGroup(world, [ann, bob])
    const alone = await newGroup(world, [ann])
    const left = await newGroup(world, [cat, ann, dan])
    await leaveGroup(deps, ann, { conversationId: left.id })
    await openConversation(deps, ann, { userId: cat.userId })
    const large = await newGroup(world, [ann, bob])
    const { conversations } = world.database.tables
    await world.database.tx((tx) =>
      tx
        .update(conversations)
        .set({ memberCount: LIMITS.presenceMembers + 1 })
        .where(eq(conversations.id, large.id)),
    )
    const places = await source.listPresencePlaces([ann.userKey, dan.userKey])
    expect(
      places.map(({ userKey, userId, memberCount }) => [userKey, userId, memberCount]),
    ).toEqual([
      [ann.userKey, ann.userId, 2],
      [dan.userKey, dan.userId, 2],
      [ann.userKey, ann.userId, 2],
    ])
    const members = await source.listPresentMembers(
      places.map(({ conversationKey }) => conversationKey),
    )
    expect(members.map(({ userKey }) => userKey).toSorted()).toEqual(
      [ann, ann, bob, cat, cat, dan].map(({ userKey }) => userKey).toSorted(),
    )
    expect([first.id, alone.id]).toHaveLength(2)
  })

  test('[PRE3] of very many conversations the newest count', async () => {
    await using world = await openPresenceWorld(engine)
    const { ann, bob, source } = world
    const others = Array.from({ length: 30 }, (_, index) => `other-${index}`)
    const people = await insertUsers(world.database, others)
    for (const other of people) await newGroup(world, [ann, other])
    await newGroup(world, [bob, ...people.slice(0, 3)])
    const places = await source.listPresencePlaces([ann.userKey, bob.userKey])
    const all = places.filter(({ userKey }) => userKey === ann.userKey)
    expect(all).toHaveLength(30)
    const keys = all.map(({ conversationKey }) => conversationKey)
    expect(keys).toEqual(keys.toSorted((a, b) => b - a))
    const { listPresencePlaces } = await import('../../src/stores/presence.ts')
    const newest = await listPresencePlaces(world.database, world.database.read, {
      userKeys: [ann.userKey, bob.userKey],
      newest: 10,
      maxMembers: 100,
    })
    expect(newest.map(({ userKey, conversationKey }) => [userKey, conversationKey])).toEqual([
      [bob.userKey, places[0]?.conversationKey],
      ...keys.slice(0, 10).map((key) => [ann.userKey, key]),
    ])
  })

  test('[PRE5] when somebody was last seen only moves forward, by the clock of the database', async () => {
    await using world = await openPresenceWorld(engine)
    const { ann, bob, source, get } = world
    await newGroup(world, [ann, bob])
    const before = await world.database.now()
    const seen = await source.noteSeen([
      { userKey: ann.userKey, agoMs: 500.4 },
      { userKey: bob.userKey, agoMs: 0 },
    ])
    const [annAt, bobAt] = [seen.get(ann.userKey) ?? 0, seen.get(bob.userKey) ?? 0]
    expect(bobAt - annAt).toBe(500)
    expect(bobAt).toBeGreaterThanOrEqual(before)
    await source.noteSeen([{ userKey: ann.userKey, agoMs: 100_000 }])
    await source.noteSeen([])
    expect((await get(ann, ann, bob)).map(({ lastSeenAt }) => lastSeenAt)).toEqual([annAt, bobAt])
  })

  test('[PRE5] of one who was erased nothing is noted any more', async () => {
    await using world = await openPresenceWorld(engine)
    const { ann, bob, database, source } = world
    const { users } = database.tables
    await database.tx((tx) =>
      tx.update(users).set({ erasedAt: 1 }).where(eq(users.key, ann.userKey)),
    )
    await source.noteSeen([ann, bob].map(({ userKey }) => ({ userKey, agoMs: 0 })))
    const rows = await database.read
      .select({ key: users.key, lastSeenAt: users.lastSeenAt })
      .from(users)
    const noted = rows.filter(({ lastSeenAt }) => lastSeenAt !== null)
    expect(noted.map(({ key }) => key)).toEqual([bob.userKey])
  })

  test('[PRE6] of one whose going nobody could write, the last use of a session is known', async () => {
    await using world = await openPresenceWorld(engine)
    const { ann, bob, source, get } = world
    await newGroup(world, [ann, bob])
    const lastSeenOfBob = async () => (await get(ann, bob))[0]?.lastSeenAt
    expect(await lastSeenOfBob()).toBe(null)
    await useSession(world, bob, 4000)
    await useSession(world, bob, 3000)
    expect(await lastSeenOfBob()).toBe(4000)
    const seen = await source.noteSeen([{ userKey: bob.userKey, agoMs: 0 }])
    const noted = seen.get(bob.userKey) ?? 0
    expect(await lastSeenOfBob()).toBe(noted)
    await useSession(world, bob, noted + 5000)
    expect(await lastSeenOfBob()).toBe(noted + 5000)
  })

  test('[PRE3] [PRE5] coming and going reach the other members with what the database knows', async () => {
    await using world = await openPresenceWorld(engine)
    const { ann, bob, cat, get } = world
    await newGroup(world, [ann, bob])
    const [bobHere, catHere] = [world.connect(bob), world.connect(cat)]
    const annHere = world.connect(ann)
    const last = () => bobHere.signals.at(-1)?.body
    await expect
      .poll(last, { timeout: 20_000 })
      .toEqual({ userId: ann.userId, online: true, lastSeenAt: null })
    annHere.leave()
    await expect.poll(last, { timeout: 20_000 }).toMatchObject({ online: false })
    const [presence] = await get(bob, ann)
    expect(presence?.lastSeenAt).not.toBe(null)
    expect(last()).toEqual(presence)
    expect(annHere.signals.filter(({ body }) => body.userId === ann.userId)).toEqual([])
    expect(catHere.signals).toEqual([])
  })
})
