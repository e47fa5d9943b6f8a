import type { Kinds } from '@tidings/protocol/wire'
import { systemMachine, type Machine } from '../../src/machine.ts'
import type { Actor } from '../../src/services/actor.ts'
import { createFigures } from '../../src/figures.ts'
import type { Deps } from '../../src/services/deps.ts'
import { openReceiptWriter } from '../../src/services/receipt-writer.ts'
import { openTestDatabase, type Engine } from '../support/databases.ts'
import { JournalWorld, type TestUser } from '../support/journal-world.ts'

/** ann and bob in a group, cat outside of it, and the services' dependencies that messages and receipts use. */
export async function openMessageWorld(
  engine: Engine,
  kinds?: Kinds,
  machine: Machine = systemMachine,
) {
  const database = await openTestDatabase(engine)
  const world = new JournalWorld(database)
  const [annUser, bobUser, catUser] = [
    await world.user('ann'),
    await world.user('bob'),
    await world.user('cat'),
  ]
  const group = await world.conversation([annUser, bobUser])
  const receipts = openReceiptWriter(database, world.journal, machine)
  const auth = { takeMessages: () => 0 } as Partial<Deps['auth']> as Deps['auth']
  const { journal } = world
  const figures = createFigures()
  const deps = {
    database,
    journal,
    receipts,
    kinds,
    auth,
    machine,
    figures,
    realtime: { audienceSize: () => 0 } as Partial<Deps['realtime']> as Deps['realtime'],
  } as Partial<Deps> as Deps
  return {
    database,
    deps,
    world,
    group,
    annUser,
    bobUser,
    ann: actorOf(annUser, 'ann'),
    bob: actorOf(bobUser, 'bob'),
    cat: actorOf(catUser, 'cat'),
    actorOf,
    async [Symbol.asyncDispose]() {
      await receipts.close()
      await world.journal.close()
      await database[Symbol.asyncDispose]()
    },
  }
}

function actorOf(user: TestUser, username: string): Actor {
  return {
    userKey: user.key,
    userId: user.id,
    username,
    role: 'user',
    sessionKey: user.key,
    sessionId: user.id,
  }
}
