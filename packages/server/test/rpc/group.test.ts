import { randomUUID } from 'node:crypto'
import { METHODS } from '@tidings/protocol/wire'
import { expect, test } from 'vitest'
import { conversationRouter } from '../../src/rpc/conversation.ts'
import { groupRouter } from '../../src/rpc/group.ts'
import { createCallerFactory, type Meta, router } from '../../src/rpc/trpc.ts'
import type { Actor } from '../../src/services/actor.ts'
import { openWorld, type World } from '../services/conversation-world.ts'
import { newGroup } from '../services/group-calls.ts'
import { describeEngines } from '../support/databases.ts'

const guarded = router({ conversation: conversationRouter, group: groupRouter })
const createCaller = createCallerFactory(guarded)
type Caller = ReturnType<typeof createCaller>

/** A caller inside the process; null is somebody who has not signed in. */
function callerOf(world: World<string>, actor: Actor | null): Caller {
  const source = { door: 'local', ip: '127.0.0.1', origin: null } as const
  return createCaller({ deps: world.deps, actor, source, transport: null })
}

/** How a call ends: `done`, or the code that the client sees. */
async function outcomeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'done',
    (error: Error & { cause?: { code?: string } }) => error.cause?.code ?? error.message,
  )
}

interface Guarded {
  /** Made with the ids of the conversation and of a user who may be named in it. */
  readonly call: (caller: Caller, conversationId: string, userId: string) => Promise<unknown>
  /** How it ends for a plain member. */
  readonly member: string
  /** How it ends for the owner; left out: as for a member. */
  readonly owner?: string
  /** How it ends for one who was never in it. */
  readonly stranger: string
  /** How it ends for one who was removed. */
  readonly removed: string
}

/** What is about one conversation. */
const MATRIX: Readonly<Record<string, Guarded>> = {
  'conversation.get': {
    call: (caller, conversationId) => caller.conversation.get({ conversationId }),
    member: 'done',
    stranger: 'NOT_FOUND',
    removed: 'NOT_FOUND',
  },
  'conversation.updatePreference': {
    call: (caller, conversationId) =>
      caller.conversation.updatePreference({ conversationId, archived: true }),
    member: 'done',
    stranger: 'NOT_FOUND',
    removed: 'NOT_FOUND',
  },
  'conversation.hide': {
    call: (caller, conversationId) => caller.conversation.hide({ conversationId }),
    member: 'done',
    stranger: 'NOT_FOUND',
    removed: 'NOT_FOUND',
  },
  'conversation.markUnread': {
    call: (caller, conversationId) => caller.conversation.markUnread({ conversationId, seq: 1 }),
    member: 'done',
    stranger: 'NOT_FOUND',
    removed: 'NOT_FOUND',
  },
  'group.transfer': {
    call: (caller, conversationId, userId) => caller.group.transfer({ conversationId, userId }),
    member: 'FORBIDDEN',
    owner: 'done',
    stranger: 'NOT_FOUND',
    removed: 'NOT_FOUND',
  },
  'group.listMembers': {
    call: (caller, conversationId) => caller.group.listMembers({ conversationId }),
    member: 'done',
    stranger: 'NOT_FOUND',
    removed: 'NOT_FOUND',
  },
  'group.join': {
    call: (caller, conversationId) => caller.group.join({ conversationId }),
    member: 'done',
    stranger: 'NOT_FOUND',
    removed: 'FORBIDDEN',
  },
  'group.leave': {
    call: (caller, conversationId) => caller.group.leave({ conversationId }),
    member: 'done',
    stranger: 'NOT_FOUND',
    removed: 'done',
  },
  'group.update': {
    call: (caller, conversationId) => caller.group.update({ conversationId, name: 'mine' }),
    member: 'FORBIDDEN',
    owner: 'done',
    stranger: 'NOT_FOUND',
    removed: 'NOT_FOUND',
  },
  'group.addMembers': {
    call: (caller, conversationId, userId) =>
      caller.group.addMembers({ conversationId, userIds: [userId] }),
    member: 'FORBIDDEN',
    owner: 'done',
    stranger: 'NOT_FOUND',
    removed: 'NOT_FOUND',
  },
  'group.removeMember': {
    call: (caller, conversationId, userId) => caller.group.removeMember({ conversationId, userId }),
    member: 'FORBIDDEN',
    owner: 'done',
    stranger: 'NOT_FOUND',
    removed: 'NOT_FOUND',
  },
  'group.setRole': {
    call: (caller, conversationId, userId) =>
      caller.group.setRole({ conversationId, userId, role: 'admin' }),
    member: 'FORBIDDEN',
    owner: 'done',
    stranger: 'NOT_FOUND',
    removed: 'NOT_FOUND',
  },
}

/** Calls that are about no conversation in particular: only somebody who has signed in is needed. */
const OPEN: Readonly<Record<string, (caller: Caller) => Promise<unknown>>> = {
  'conversation.open': (caller) => caller.conversation.open({ userId: randomUUID() }),
  'conversation.list': (caller) => caller.conversation.list({}),
  'conversation.countUnread': (caller) => caller.conversation.countUnread(),
  'group.create': (caller) => caller.group.create({ name: 'g' }),
}

describeEngines('group over rpc', (engine) => {
  test('[CNV3] each call answers a member, a stranger, a removed member and nobody as the rules say', async () => {
    await using world = await openWorld(engine, ['ann', 'bob', 'cat', 'dan', 'eve'])
    const { ann, bob, cat, dan, eve } = world.users
    for (const [path, { call, ...expected }] of Object.entries(MATRIX)) {
      const { id } = await newGroup(world, [ann, bob, cat, dan])
      await callerOf(world, ann).group.removeMember({ conversationId: id, userId: dan.userId })
      const outcome = (actor: Actor | null, conversationId = id) =>
        outcomeOf(call(callerOf(world, actor), conversationId, cat.userId))
      expect(await outcome(null), `${path}: nobody`).toBe('UNAUTHENTICATED')
      expect(await outcome(eve), `${path}: stranger`).toBe(expected.stranger)
      expect(await outcome(eve, randomUUID()), `${path}: not there`).toBe(expected.stranger)
      expect(await outcome(dan), `${path}: removed`).toBe(expected.removed)
      expect(await outcome(bob), `${path}: member`).toBe(expected.member)
      expect(await outcome(ann), `${path}: owner`).toBe(expected.owner ?? expected.member)
    }
  })

  test('[CNV3] a malformed input is refused before anything is looked up', async () => {
    await using world = await openWorld(engine, ['ann'])
    const { ann } = world.users
    const caller = callerOf(world, ann)
    for (const [path, { call }] of Object.entries(MATRIX)) {
      for (const id of ['', 'x', 'A'.repeat(36), `${randomUUID()}\n`, '\u0000', '"; drop table']) {
        expect(await outcomeOf(call(caller, id, ann.userId)), path).toBe('INVALID_INPUT')
      }
    }
    const create = (input: unknown) =>
      outcomeOf(caller.group.create(input as Parameters<Caller['group']['create']>[0]))
    for (const name of [
      '',
      ' ',
      '\u200b',
      'a'.repeat(101),
      'a\u0000',
      'a\nb',
      1,
      null,
      undefined,
    ]) {
      expect(await create({ name }), JSON.stringify(name)).toBe('INVALID_INPUT')
    }
    const many = Array.from({ length: 51 }, () => randomUUID())
    expect(await create({ name: 'g', userIds: many })).toBe('INVALID_INPUT')
    expect(await create({ name: 'g', userIds: ['x'] })).toBe('INVALID_INPUT')
    expect(await create({ name: 'g', joinPolicy: 'everybody' })).toBe('INVALID_INPUT')
    expect(await outcomeOf(caller.conversation.list({ limit: 101 }))).toBe('INVALID_INPUT')
    expect(await outcomeOf(caller.conversation.list({ cursor: 'x' }))).toBe('INVALID_INPUT')
  })

  test('[CNV16] one call names at most 50 users', async () => {
    await using world = await openWorld(engine, ['ann'])
    const { ann } = world.users
    const { id } = await newGroup(world, [ann])
    const call = (count: number) =>
      callerOf(world, ann).group.addMembers({
        conversationId: id,
        userIds: Array.from({ length: count }, () => ann.userId),
      })
    expect(await outcomeOf(call(50))).toBe('done')
    expect(await outcomeOf(call(51))).toBe('INVALID_INPUT')
    expect(await outcomeOf(call(0))).toBe('INVALID_INPUT')
  })

  test('[CNV5] over rpc a group takes its defaults: by invitation, and a newcomer sees what comes', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const created = await callerOf(world, ann).group.create({ name: ' Café\u0301 ' })
    expect(created).toMatchObject({ name: 'Café\u0301'.normalize('NFC'), joinPolicy: 'invite' })
    expect(created.history).toBe('joined')
    const { id } = await callerOf(world, bob).conversation.open({ username: 'ann' })
    const list = await callerOf(world, ann).conversation.list({})
    expect(list.items.map((item) => item.id).sort()).toEqual([created.id, id].sort())
  })

  test('[CNV3] a direct conversation is no group: nobody joins, leaves or changes it', async () => {
    await using world = await openWorld(engine, ['ann', 'bob', 'cat'])
    const { ann, bob, cat } = world.users
    const { id } = await callerOf(world, ann).conversation.open({ username: 'bob' })
    for (const [path, { call }] of Object.entries(MATRIX)) {
      if (path.startsWith('conversation.') || path === 'group.listMembers') continue
      for (const actor of [ann, cat]) {
        const outcome = await outcomeOf(call(callerOf(world, actor), id, bob.userId))
        expect(outcome, path).toBe('NOT_FOUND')
      }
    }
  })
})

// That every procedure is asked by everybody is the authorisation matrix's to say (CAL6).
test('[CAL5] the number of every procedure about groups is the table’s', () => {
  // At run time this is flat, a path a procedure; its type is nested.
  const flat: unknown = guarded._def.procedures
  const procedures = Object.entries(flat as Record<string, { _def: { meta?: Meta } }>)
  const numbered = procedures.flatMap(([path, { _def }]) =>
    _def.meta?.rpc === undefined ? [] : [[String(_def.meta.rpc), path]],
  )
  const table = Object.entries(METHODS).filter(([, path]) => path.startsWith('group.'))
  expect(Object.fromEntries(numbered)).toEqual(Object.fromEntries(table))
})

describeEngines('conversation over rpc', (engine) => {
  test('[CNV3] who has not signed in is refused by every call', async () => {
    await using world = await openWorld(engine, ['ann'])
    for (const [path, call] of Object.entries(OPEN)) {
      expect(await outcomeOf(call(callerOf(world, null))), path).toBe('UNAUTHENTICATED')
      const signedIn = await outcomeOf(call(callerOf(world, world.users.ann)))
      expect(signedIn, path).toBe(path === 'conversation.open' ? 'NOT_FOUND' : 'done')
    }
  })
})
