import { expect, test } from 'vitest'
import type { Journal } from '../../src/journal/journal.ts'
import { openConversation } from '../../src/services/conversation.ts'
import { addMembers } from '../../src/services/group/add-members.ts'
import { joinGroup } from '../../src/services/group/join.ts'
import { leaveGroup } from '../../src/services/group/leave.ts'
import { removeMember } from '../../src/services/group/remove-member.ts'
import { setRole } from '../../src/services/group/set-role.ts'
import {
  addedOf,
  codeOf,
  eventsOf,
  expectSound,
  insertUsers,
  openWorld,
  say,
} from './conversation-world.ts'
import { newGroup } from './group-calls.ts'

const patient = { timeout: 60_000 }

/**
 * A world with connections that really run side by side. It notes the transactions that Postgres ended as deadlocked: the
 * database layer repeats them, so that a wrong order of locks would show in nothing but time.
 */
async function openRace<Name extends string>(names: readonly Name[]) {
  const world = await openWorld('postgres', names, { postgres: { writers: 12, readers: 4 } })
  const deadlocks: unknown[] = []
  const transact: Journal['transact'] = (work) =>
    world.journal.transact((journal) =>
      work(journal).catch((error: unknown) => {
        if (isDeadlock(error)) deadlocks.push(error)
        throw error
      }),
    )
  const journal: Journal = { ...world.journal, transact }
  return { ...world, journal, deps: { ...world.deps, journal }, deadlocks }
}

function isDeadlock(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return ('code' in error && error.code === '40P01') || isDeadlock(error.cause)
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `user-${index}`)

test(
  '[CNV14] crossing creations of groups with the same people do not block each other',
  patient,
  async () => {
    await using world = await openRace([])
    const people = await insertUsers(world.database, names(12))
    const groups = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        // Each in another order, forwards and backwards, so that naive locking would deadlock at once.
        const turned = [...people.slice(index % 12), ...people.slice(0, index % 12)]
        const [creator, ...others] = index % 2 === 0 ? turned : turned.toReversed()
        if (creator === undefined) throw new Error('nobody')
        const { id } = await newGroup(world, [creator, ...others])
        return { id, creatorId: creator.userId, userIds: others.map(({ userId }) => userId) }
      }),
    )
    expect(world.deadlocks).toEqual([])
    for (const group of groups) await expectSound(world, group.id, group)
    for (const person of people) {
      const told = await addedOf(world, person)
      expect(new Set(told.map(({ conversationId }) => conversationId)).size).toBe(40)
      expect(told).toHaveLength(40)
    }
  },
)

test(
  '[CNV14] a hundred joins and leaves at once, with people writing meanwhile, keep the group sound',
  patient,
  async () => {
    await using world = await openRace(['ann'])
    const { ann } = world.users
    const people = await insertUsers(world.database, names(20))
    const { id } = await newGroup(world, [ann], { joinPolicy: 'open' })
    const place = { conversationId: id }
    const outcomes = await Promise.allSettled([
      ...Array.from({ length: 100 }, (_, index) => {
        const person = people[index % people.length] ?? ann
        return index % 3 === 2
          ? leaveGroup(world.deps, person, place)
          : joinGroup(world.deps, person, place)
      }),
      ...Array.from({ length: 20 }, () => say(world, ann, id)),
    ])
    for (const outcome of outcomes) {
      // Who leaves before he ever came is told so; nothing else may fail.
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'NOT_FOUND' })
    }
    expect(world.deadlocks).toEqual([])
    await expectSound(world, id, { creatorId: ann.userId, userIds: [] })
    for (const person of people) {
      const joins = (await eventsOf(world, `m:${id}`)).filter(
        ({ type, body }) => type === 'member.joined' && body.userId === person.userId,
      )
      expect(await addedOf(world, person)).toHaveLength(joins.length)
    }
  },
)

test(
  '[CNV14] two admins who add and remove the same people at once agree on who is in',
  patient,
  async () => {
    await using world = await openRace(['ann', 'bob'])
    const { ann, bob } = world.users
    const people = await insertUsers(world.database, names(10))
    const { id } = await newGroup(world, [ann, bob])
    const place = { conversationId: id }
    await setRole(world.deps, ann, { ...place, userId: bob.userId, role: 'admin' })
    const userIds = people.map(({ userId }) => userId)
    const adds = [ann, bob, ann, bob].map((by, index) =>
      addMembers(world.deps, by, {
        ...place,
        userIds: index % 2 === 0 ? userIds : userIds.toReversed(),
      }),
    )
    const added = (await Promise.all(adds)).flatMap((answer) => answer.added)
    expect(added.sort()).toEqual([...userIds].sort())
    const made = { creatorId: ann.userId, userIds: [bob.userId] }
    await expectSound(world, id, made)
    await Promise.all(
      userIds.flatMap((userId) => [
        removeMember(world.deps, ann, { ...place, userId }),
        removeMember(world.deps, bob, { ...place, userId }),
        addMembers(world.deps, ann, { ...place, userIds: [userId] }),
      ]),
    )
    expect(world.deadlocks).toEqual([])
    await expectSound(world, id, made)
  },
)

test('[CNV8] owners who all leave at once never leave members without one', patient, async () => {
  await using world = await openRace(['ann'])
  const { ann } = world.users
  const people = await insertUsers(world.database, names(8))
  for (let round = 0; round < 5; round += 1) {
    const { id } = await newGroup(world, [ann, ...people])
    const place = { conversationId: id }
    await setRole(world.deps, ann, { ...place, userId: people[0]?.userId ?? '', role: 'owner' })
    const leavers = [ann, ...people.slice(0, 6)]
    await Promise.all(leavers.map((leaver) => leaveGroup(world.deps, leaver, place)))
    const made = { creatorId: ann.userId, userIds: people.map(({ userId }) => userId) }
    const members = await expectSound(world, id, made)
    expect([...members.values()].filter(({ state }) => state === 'active')).toHaveLength(2)
  }
})

test(
  '[CNV10] whoever wins, a removal or the way out, the removed one cannot come back',
  patient,
  async () => {
    await using world = await openRace(['ann', 'bob'])
    const { ann, bob } = world.users
    for (let round = 0; round < 10; round += 1) {
      const { id } = await newGroup(world, [ann, bob], { joinPolicy: 'open' })
      const place = { conversationId: id }
      await Promise.all([
        leaveGroup(world.deps, bob, place),
        removeMember(world.deps, ann, { ...place, userId: bob.userId }),
      ])
      expect(await codeOf(joinGroup(world.deps, bob, place))).toBe('FORBIDDEN')
      expect(await eventsOf(world, `m:${id}`)).toHaveLength(1)
    }
  },
)

test(
  '[CNV1] all pairs of ten people open from both sides at once: each pair has one conversation',
  patient,
  async () => {
    await using world = await openRace([])
    const people = await insertUsers(world.database, names(10))
    const opened = await Promise.all(
      people.flatMap((one) =>
        people
          .filter((other) => other !== one)
          .map((other) => openConversation(world.deps, one, { userId: other.userId })),
      ),
    )
    expect(world.deadlocks).toEqual([])
    expect(opened).toHaveLength(90)
    expect(new Set(opened.map(({ id }) => id)).size).toBe(45)
    for (const person of people) expect(await addedOf(world, person)).toHaveLength(9)
  },
)

test(
  '[CNV7] nothing that is sent after a leaving reaches the leaver, however close',
  patient,
  async () => {
    await using world = await openRace(['ann', 'bob'])
    const { ann, bob } = world.users
    const { id } = await newGroup(world, [ann, bob])
    await Promise.allSettled([
      ...Array.from({ length: 30 }, () => say(world, ann, id)),
      leaveGroup(world.deps, bob, { conversationId: id }),
      ...Array.from({ length: 30 }, () => say(world, bob, id)),
    ])
    const events = await eventsOf(world, `m:${id}`)
    const left = events.find(({ type }) => type === 'member.left')
    const members = await expectSound(world, id, { creatorId: ann.userId, userIds: [bob.userId] })
    expect(members.get(bob.userId)?.spans).toEqual([{ from: 1, to: left?.seq }])
    const late = events.filter(
      (event) =>
        event.seq > (left?.seq ?? 0) &&
        event.type === 'message.created' &&
        event.body.message.senderId === bob.userId,
    )
    expect(late).toEqual([])
  },
)
