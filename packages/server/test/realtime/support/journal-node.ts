import { readEpoch } from '../../../src/db/settings.ts'
import type { Broker } from '../../../src/realtime/broker.ts'
import { openRealtime } from '../../../src/realtime/open-realtime.ts'
import { openSource } from '../../../src/realtime/open-source.ts'
import { systemClock } from '../../../src/clock.ts'
import { openDatabase } from '../../../src/db/open.ts'
import { type Engine, openTestDatabase } from '../../support/databases.ts'
import { JournalWorld } from '../../support/journal-world.ts'
import type { Database } from '../../../src/db/database.ts'
import { silent } from './nodes.ts'

/** A node with a real database and journal. */
export type JournalNode = Awaited<ReturnType<typeof openJournalNode>>

/** Opens a node on a fresh database. */
export async function openJournalNode(engine: Engine, broker?: Broker) {
  const database = await openTestDatabase(engine)
  const node = await startNode(database, broker)
  return {
    ...node,
    url: database.url,
    async [Symbol.asyncDispose]() {
      await node.close()
      await database[Symbol.asyncDispose]()
    },
  }
}

/** Opens another node on the database of a first one. */
export async function openSecondNode(url: string, broker: Broker) {
  const database = await openDatabase({
    url,
    clock: systemClock,
    postgres: { writers: 4, readers: 3 },
  })
  const node = await startNode(database, broker)
  return {
    ...node,
    async [Symbol.asyncDispose]() {
      await node.close()
      await database.close()
    },
  }
}

async function startNode(database: Database, broker: Broker | undefined) {
  const world = new JournalWorld(database, await readEpoch(database))
  const source = openSource(database, world.journal)
  const { journal } = world
  const realtime = await openRealtime({
    // The connections are of sessions that are in no database: a check would close them.
    source: { ...source, findEnded: () => Promise.resolve([]) },
    journal,
    broker,
    clock: systemClock,
    log: silent,
  })
  return {
    world,
    database,
    source,
    realtime,
    async close() {
      await realtime.close()
      await journal.close()
    },
  }
}
