import { eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import type { Actor } from '../../src/services/actor.ts'
import {
  acceptContact,
  declineContact,
  listContacts,
  removeContact,
  requestContact,
} from '../../src/services/contact.ts'
import { describeEngines } from '../support/databases.ts'
import { codeOf, eventsOf, insertUsers, openWorld, type World } from './conversation-world.ts'

const toldOf = async (world: World<string>, actor: Actor) =>
  (await eventsOf(world, `u:${actor.userId}`)).flatMap((event) =>
    event.type === 'contact.updated' ? [event.body] : [],
  )

const statesOf = async (world: World<string>, actor: Actor) =>
  (await listContacts(world.deps, actor, { limit: 100 })).items.map(({ user, state }) => [
    user.username,
    state,
  ])

describeEngines('contacts', (engine) => {
  test('[PPL4] asking and accepting make contacts, told once on both streams, however often either is repeated', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const [toAnn, toBob] = [{ userId: ann.userId }, { userId: bob.userId }]
    for (const _ of [1, 2])
      expect(await requestContact(world.deps, ann, { username: 'bob' })).toMatchObject({
        state: 'requested',
        user: { id: bob.userId, username: 'bob' },
      })
    expect(await statesOf(world, bob)).toEqual([['ann', 'received']])
    for (const _ of [1, 2])
      expect(await acceptContact(world.deps, bob, toAnn)).toMatchObject({ state: 'accepted' })
    await requestContact(world.deps, ann, toBob)
    expect(await statesOf(world, ann)).toEqual([['bob', 'accepted']])
    expect(await toldOf(world, ann)).toEqual([
      { ...toBob, state: 'requested' },
      { ...toBob, state: 'accepted' },
    ])
    expect(await toldOf(world, bob)).toEqual([
      { ...toAnn, state: 'received' },
      { ...toAnn, state: 'accepted' },
    ])
  })

  test('[PPL6] a page goes on after one who was erased meanwhile', async () => {
    await using world = await openWorld(engine, ['ann', 'bob', 'cat'])
    const { ann, bob, cat } = world.users
    for (const { userId } of [bob, cat]) await requestContact(world.deps, ann, { userId })
    const first = await listContacts(world.deps, ann, { limit: 1 })
    expect(first.items.map(({ user }) => user.username)).toEqual(['bob'])
    const { users } = world.database.tables
    await world.database.tx((tx) =>
      tx.update(users).set({ erasedAt: 1 }).where(eq(users.id, bob.userId)),
    )
    const cursor = first.next ?? undefined
    const second = await listContacts(world.deps, ann, { limit: 1, cursor })
    expect(second.items.map(({ user }) => user.username)).toEqual(['cat'])
  })

  test('[PPL5] requests that cross make contacts, also at the same moment', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    await Promise.all([
      requestContact(world.deps, ann, { userId: bob.userId }),
      requestContact(world.deps, bob, { userId: ann.userId }),
    ])
    for (const actor of [ann, bob])
      expect((await statesOf(world, actor)).map(([, state]) => state)).toEqual(['accepted'])
    expect(await toldOf(world, ann)).toHaveLength(2)
  })

  test('[PPL4] a request is declined or taken back, a contact removed, and all of it twice is once', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const [toAnn, toBob] = [{ userId: ann.userId }, { userId: bob.userId }]
    await requestContact(world.deps, ann, toBob)
    // Nobody declines his own request.
    await declineContact(world.deps, ann, toBob)
    expect(await statesOf(world, bob)).toHaveLength(1)
    for (const _ of [1, 2]) await declineContact(world.deps, bob, toAnn)
    expect([await statesOf(world, ann), await statesOf(world, bob)]).toEqual([[], []])
    await requestContact(world.deps, ann, toBob)
    for (const _ of [1, 2]) await removeContact(world.deps, ann, toBob)
    await requestContact(world.deps, ann, toBob)
    await acceptContact(world.deps, bob, toAnn)
    await removeContact(world.deps, bob, toAnn)
    expect([await statesOf(world, ann), await statesOf(world, bob)]).toEqual([[], []])
    const states = (await toldOf(world, ann)).map(({ state }) => state)
    expect(states).toEqual([
      ...['requested', 'none', 'requested', 'none', 'requested', 'accepted', 'none'],
    ])
  })

  test('[PPL5] oneself, nobody, and who has not asked are refused, and nothing is written', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const { deps } = world
    expect(await codeOf(requestContact(deps, ann, { userId: ann.userId }))).toBe('INVALID_INPUT')
    expect(await codeOf(requestContact(deps, ann, { username: 'dan' }))).toBe('NOT_FOUND')
    expect(await codeOf(acceptContact(deps, ann, { userId: bob.userId }))).toBe('NOT_FOUND')
    expect(await toldOf(world, ann)).toEqual([])
  })

  test('[PPL5] requests that nobody has answered are limited on both sides', async () => {
    await using world = await openWorld(engine, ['ann'])
    const { ann } = world.users
    const others = await insertUsers(
      world.database,
      Array.from({ length: 502 }, (_, index) => `user-${index}`),
    )
    const [first, second, ...rest] = others
    const { contacts } = world.database.tables
    const rows = rest.map(({ userKey }) => ({ userKey: ann.userKey, otherKey: userKey, since: 1 }))
    await world.database.tx((tx) =>
      tx.insert(contacts).values(rows.map((row) => ({ ...row, state: 'requested' as const }))),
    )
    expect(await codeOf(requestContact(world.deps, ann, { userId: first?.userId ?? '' }))).toBe(
      'LIMIT_REACHED',
    )
    await world.database.tx((tx) => tx.update(contacts).set({ state: 'received' }))
    if (second === undefined) throw new Error('nobody')
    expect(await codeOf(requestContact(world.deps, second, { userId: ann.userId }))).toBe(
      'LIMIT_REACHED',
    )
  })

  test('[PPL6] contacts are listed by state, in pages that name each once', async () => {
    await using world = await openWorld(engine, ['ann', 'bob', 'cat', 'dan'])
    const { ann, bob, cat, dan } = world.users
    const { deps } = world
    await requestContact(deps, ann, { userId: bob.userId })
    await requestContact(deps, cat, { userId: ann.userId })
    await requestContact(deps, dan, { userId: ann.userId })
    await acceptContact(deps, ann, { userId: dan.userId })
    const namesOf = async (state?: 'requested' | 'received' | 'accepted') => {
      const names: string[] = []
      let cursor: string | undefined
      do {
        const page = await listContacts(deps, ann, { state, cursor, limit: 1 })
        names.push(...page.items.map(({ user }) => user.username))
        cursor = page.next ?? undefined
      } while (cursor !== undefined)
      return names
    }
    expect(await namesOf()).toEqual(['bob', 'cat', 'dan'])
    expect(await namesOf('requested')).toEqual(['bob'])
    expect(await namesOf('received')).toEqual(['cat'])
    expect(await namesOf('accepted')).toEqual(['dan'])
    const page = { cursor: 'made up', limit: 1 }
    expect(await codeOf(listContacts(deps, ann, page))).toBe('INVALID_INPUT')
  })
})
