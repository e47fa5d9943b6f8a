import type { Database } from '../db/database.ts'
import { deleteEvents } from '../stores/event.ts'
import { deleteDetailsUpTo } from '../stores/message-detail.ts'
import { eraseDocumentsUpTo } from '../stores/search-document.ts'
import { lockStreams, raiseFloor } from '../stores/stream.ts'

/** Events of one transaction, so that nobody waits long for the stream. */
const EVENTS_AT_ONCE = 1000

/** Deletes a stream's events up to a seq; the floor rises in the transaction that deletes. */
export async function trimStream(
  database: Database,
  streamKey: number,
  upTo: number,
): Promise<void> {
  let floor = 0
  do {
    floor = await database.tx(async (tx) => {
      const [stream] = await lockStreams(database, tx, [streamKey])
      if (stream === undefined) return upTo
      const next = Math.min(upTo, stream.head, stream.floor + EVENTS_AT_ONCE)
      if (next <= stream.floor) return upTo
      await deleteEvents(database, tx, { streamKey, upTo: next })
      await deleteDetailsUpTo(database, tx, { streamKey, upTo: next })
      await eraseDocumentsUpTo(database, tx, { streamKey, seq: next })
      await raiseFloor(database, tx, { streamKey, floor: next })
      return next
    })
  } while (floor < upTo)
}
