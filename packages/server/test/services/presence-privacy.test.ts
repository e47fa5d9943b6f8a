import type { Signal } from '@tidings/protocol/wire'
import { expect, test, vi } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { openRealtime } from '../../src/realtime/open-realtime.ts'
import { openSource } from '../../src/realtime/open-source.ts'
import type { Actor } from '../../src/services/actor.ts'
import { blockUser, unblockUser } from '../../src/services/block.ts'
import { acceptContact, removeContact, requestContact } from '../../src/services/contact.ts'
import type { Deps } from '../../src/services/deps.ts'
import { listPresence } from '../../src/services/presence.ts'
import { updatePrivacy } from '../../src/services/profile.ts'
import { silent } from '../realtime/support/nodes.ts'
import { PresentConnection } from '../realtime/support/recording-connection.ts'
import { describeEngines, type Engine } from '../support/databases.ts'
import { openWorld } from './conversation-world.ts'
import { newGroup } from './group-calls.ts'

/** For a machine with much else to do, milliseconds. */
const PATIENCE = { timeout: 20_000 }

/** ann, bob and cat are in one group, and connected; what has been told of that is forgotten. */
async function openPrivacyWorld(engine: Engine) {
  const world = await openWorld(engine, ['ann', 'bob', 'cat'])
  const source = {
    ...openSource(world.database, world.journal),
    soleWriter: true,
    // The connections are of sessions that are in no database: a check would close them.
    findEnded: () => Promise.resolve([]),
  }
  const options = { source, journal: world.journal, clock: systemClock, log: silent }
  const realtime = await openRealtime({ ...options, presenceGraceMs: 1 })
  const deps: Deps = { ...world.deps, realtime }
  const { ann, bob, cat } = world.users
  await newGroup(world, [ann, bob, cat])
  const connect = ({ userKey }: Actor) => new PresentConnection(userKey).register(realtime)
  const here = { ann: connect(ann), bob: connect(bob), cat: connect(cat) }
  // The first to come is told of both others.
  await vi.waitFor(() => expect(here.ann.signals).toHaveLength(2), PATIENCE)
  await vi.waitFor(() => expect(here.cat.signals).toHaveLength(2), PATIENCE)
  await vi.waitFor(() => expect(here.bob.signals).toHaveLength(2), PATIENCE)
  for (const connection of Object.values(here)) connection.signals.length = 0
  const sees = async (viewer: Actor, other: Actor) =>
    (await listPresence(deps, viewer, { userIds: [other.userId] })).length > 0
  return {
    ...world.users,
    deps,
    here,
    sees,
    connect,
    /** ann goes and comes back; resolves once cat has been told of both. */
    async returnOfAnn() {
      const before = here.cat.signals.length
      here.ann.leave()
      await vi.waitFor(() => expect(here.cat.signals).toHaveLength(before + 1), PATIENCE)
      here.ann = connect(ann)
      await vi.waitFor(() => expect(here.cat.signals).toHaveLength(before + 2), PATIENCE)
    },
    async [Symbol.asyncDispose]() {
      await realtime.close()
      await world[Symbol.asyncDispose]()
    },
  }
}

const told = (signals: readonly Signal[]) =>
  signals.map(({ body }) => ('online' in body ? [body.userId, body.online, body.lastSeenAt] : []))

describeEngines('privacy of presence', (engine) => {
  test('[PPL11] at a block each is told that the other has gone, and sees nothing more of him', async () => {
    await using world = await openPrivacyWorld(engine)
    const { ann, bob, cat, deps, here, sees } = world
    await blockUser(deps, ann, { userId: bob.userId })
    const gone = (actor: Actor) => [[actor.userId, false, null]]
    expect([told(here.bob.signals), told(here.ann.signals)]).toEqual([gone(ann), gone(bob)])
    for (const [viewer, other] of [
      [ann, bob],
      [bob, ann],
    ] as const)
      expect(await sees(viewer, other)).toBe(false)
    expect(await sees(cat, ann)).toBe(true)
    await world.returnOfAnn()
    expect(here.bob.signals).toHaveLength(1)
    await unblockUser(deps, ann, { userId: bob.userId })
    expect(await sees(bob, ann)).toBe(true)
    await world.returnOfAnn()
    await vi.waitFor(() => expect(here.bob.signals).toHaveLength(3), PATIENCE)
  })

  test('[PPL12] who shows himself to his contacts is seen by them alone, and sees them alone', async () => {
    await using world = await openPrivacyWorld(engine)
    const { ann, bob, cat, deps, here, sees } = world
    await requestContact(deps, ann, { userId: cat.userId })
    await acceptContact(deps, cat, { userId: ann.userId })
    await updatePrivacy(deps, ann, { presenceFor: 'contacts' })
    const gone = [ann.userId, false, null]
    await vi.waitFor(() => expect(told(here.bob.signals)).toEqual([gone]), PATIENCE)
    expect([await sees(bob, ann), await sees(ann, bob)]).toEqual([false, false])
    expect([await sees(cat, ann), await sees(ann, cat)]).toEqual([true, true])
    await world.returnOfAnn()
    expect(here.bob.signals).toHaveLength(1)
    here.bob.leave()
    await vi.waitFor(() => expect(told(here.cat.signals).at(-1)?.[0]).toBe(bob.userId), PATIENCE)
    expect(told(here.ann.signals).map(([userId]) => userId)).not.toContain(bob.userId)
  })

  test('[PPL12] of two who are contacts no more each is told that the other has gone, when one shows himself to contacts alone', async () => {
    await using world = await openPrivacyWorld(engine)
    const { ann, bob, cat, deps, here, sees } = world
    for (const other of [bob, cat]) {
      await requestContact(deps, ann, { userId: other.userId })
      await acceptContact(deps, other, { userId: ann.userId })
    }
    await removeContact(deps, ann, { userId: bob.userId })
    expect([await sees(bob, ann), told(here.bob.signals)]).toEqual([true, []])
    await updatePrivacy(deps, cat, { presenceFor: 'contacts' })
    const gone = ({ userId }: Actor) => [userId, false, null]
    await vi.waitFor(() => expect(told(here.bob.signals)).toEqual([gone(cat)]), PATIENCE)
    expect(await sees(cat, ann)).toBe(true)
    await removeContact(deps, ann, { userId: cat.userId })
    await vi.waitFor(() => {
      expect(told(here.cat.signals)).toEqual([gone(ann)])
      expect(told(here.ann.signals).at(-1)).toEqual(gone(cat))
    }, PATIENCE)
    expect([await sees(cat, ann), await sees(ann, cat)]).toEqual([false, false])
  })

  test('[PPL12] who shows himself to nobody is not seen and sees nobody, until he shows himself again', async () => {
    await using world = await openPrivacyWorld(engine)
    const { ann, bob, cat, deps, here, sees } = world
    await updatePrivacy(deps, bob, { presenceFor: 'nobody' })
    const gone = [[bob.userId, false, null]]
    await vi.waitFor(() => expect(told(here.cat.signals)).toEqual(gone), PATIENCE)
    for (const other of [ann, cat]) {
      expect([await sees(bob, other), await sees(other, bob)]).toEqual([false, false])
    }
    expect(await sees(bob, bob)).toBe(true)
    await world.returnOfAnn()
    expect(here.bob.signals).toEqual([])
    await updatePrivacy(deps, bob, { presenceFor: 'everybody' })
    expect([await sees(bob, ann), await sees(ann, bob)]).toEqual([true, true])
    expect(told(here.cat.signals).filter(([userId]) => userId === bob.userId)).toEqual(gone)
  })
})
