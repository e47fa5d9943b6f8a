import { expect, test, vi } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { openRealtime } from '../../src/realtime/open-realtime.ts'
import { openSource } from '../../src/realtime/open-source.ts'
import type { Actor } from '../../src/services/actor.ts'
import type { Deps } from '../../src/services/deps.ts'
import { openConversation } from '../../src/services/conversation.ts'
import { leaveGroup } from '../../src/services/group/leave.ts'
import { startTyping, stopTyping } from '../../src/services/typing.ts'
import { silent } from '../realtime/support/nodes.ts'
import { RecordingConnection } from '../realtime/support/recording-connection.ts'
import { describeEngines, type Engine } from '../support/databases.ts'
import { codeOf, eventsOf, openWorld, say } from './conversation-world.ts'
import { newGroup } from './group-calls.ts'

/** For a machine with much else to do, milliseconds. */
const PATIENCE = 20_000

async function openTypingWorld(engine: Engine) {
  const world = await openWorld(engine, ['ann', 'bob', 'cat'])
  const { journal, users } = world
  const source = {
    ...openSource(world.database, journal),
    // One node: no checks of heads that other nodes have moved.
    soleWriter: true,
    // The connections are of sessions that are in no database: a check would close them.
    findEnded: () => Promise.resolve([]),
  }
  const realtime = await openRealtime({ source, journal, clock: systemClock, log: silent })
  const deps: Deps = { ...world.deps, realtime }
  const connect = ({ userKey }: Actor) => new RecordingConnection(userKey).register(realtime)
  return {
    ...world,
    ...users,
    deps,
    connect,
    async [Symbol.asyncDispose]() {
      await realtime.close()
      await world[Symbol.asyncDispose]()
    },
  }
}

describeEngines('typing', (engine) => {
  test('[SIG1] starting and stopping reach the other members with the names of the wire, and store nothing', async () => {
    await using world = await openTypingWorld(engine)
    const { ann, bob, cat, deps } = world
    const { id } = await newGroup(world, [ann, bob])
    const [annHere, bobHere, catHere] = [ann, bob, cat].map(world.connect)
    await startTyping(deps, ann, { conversationId: id })
    await stopTyping(deps, ann, { conversationId: id })
    const body = { conversationId: id, userId: ann.userId }
    await vi.waitFor(() => {
      expect(bobHere?.signals).toMatchObject([
        { type: 'typing.started', body },
        { type: 'typing.stopped', body },
      ])
    }, PATIENCE)
    expect([annHere?.signals, catHere?.signals]).toEqual([[], []])
    expect(await eventsOf(world, `m:${id}`)).toEqual([])
  })

  test('[SIG2] only members may: a stranger, one who has left and an unknown conversation are NOT_FOUND', async () => {
    await using world = await openTypingWorld(engine)
    const { ann, bob, cat, deps } = world
    const { id } = await newGroup(world, [ann, bob])
    await leaveGroup(deps, bob, { conversationId: id })
    const annHere = world.connect(ann)
    const unknown = { conversationId: crypto.randomUUID() }
    for (const call of [startTyping, stopTyping]) {
      expect(await codeOf(call(deps, cat, { conversationId: id }))).toBe('NOT_FOUND')
      expect(await codeOf(call(deps, bob, { conversationId: id }))).toBe('NOT_FOUND')
      expect(await codeOf(call(deps, ann, unknown))).toBe('NOT_FOUND')
    }
    expect(annHere.signals).toEqual([])
  })

  test('[SIG4] in a direct conversation the message ends the typing', async () => {
    await using world = await openTypingWorld(engine)
    const { ann, bob, deps } = world
    const { id } = await openConversation(deps, ann, { userId: bob.userId })
    const bobHere = world.connect(bob)
    await startTyping(deps, ann, { conversationId: id })
    await say(world, ann, id)
    await vi.waitFor(() => {
      const types = bobHere.signals.map(({ type }) => type)
      expect(types).toEqual(['typing.started', 'typing.stopped'])
    }, PATIENCE)
    expect(bobHere.seqs(`m:${id}`)).toEqual([1])
  })
})
