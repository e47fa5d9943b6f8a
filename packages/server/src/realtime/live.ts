import { type LiveItem, TidingsError } from '@tidings/protocol/wire'
import type { Database } from '../db/database.ts'
import type { Figures } from '../figures.ts'
import type { Journal } from '../journal/journal.ts'
import { openLiveQueue, type LiveOwner } from './granted-queue.ts'
import type { LiveQueue, LiveTransport } from './live-queue.ts'
import type { Realtime } from './realtime.ts'

/** Part of the services' `Deps`, which this layer does not know. */
export interface LiveDeps {
  readonly database: Pick<Database, 'now'>
  readonly journal: Pick<Journal, 'epoch'>
  readonly realtime: Realtime
  readonly figures?: Pick<Figures, 'behind'> | undefined
}

export interface LiveOptions {
  /** The WebSocket under the subscription; null where the reader fetches each batch itself. */
  readonly transport: LiveTransport | null
  /** Aborted when the client unsubscribes or its socket is gone. */
  readonly signal: AbortSignal | undefined
}

/**
 * A live subscription: `ready` first, then everything that is pushed to the user, in arrays of whatever has come in.
 *
 * The order makes it impossible to miss anything. The connection is registered first: whatever commits from here on is
 * pushed. Only then is the client told `ready`, and only then does it compare heads, which finds whatever committed
 * before. What is in both comes twice and is dropped by its seq.
 *
 * `watermark` is the database's clock, read before `ready` is sent and so before the client's comparison. Once that
 * comparison is pulled, the client has every event that had committed when the watermark was read. An event committed
 * later has a later time, but for what its transaction lasted (<= 10 s, less than the 60 s by which `sync.heads` looks
 * further back). So at the next connection "changed since the watermark" leaves out nothing that the client lacks,
 * whatever was pushed and lost in between. Read after the comparison, it would promise events that nobody looked for.
 *
 * A client that reads too slowly is paused: what it misses is told by one `behind` once it has drained, and if it does
 * not drain within `LIMITS.slowReaderMs` it is closed with 1013.
 *
 * @throws TidingsError SESSION_REVOKED when the session ends and there is no socket to close
 */
export async function* openLive(
  deps: LiveDeps,
  actor: LiveOwner,
  options: LiveOptions,
): AsyncGenerator<LiveItem[], void, undefined> {
  const { transport, signal } = options
  const queue = openLiveQueue(actor, transport, deps.figures?.behind)
  signal?.addEventListener('abort', queue)
  try {
    if (signal?.aborted === true) return
    yield [await joinLive(deps, queue)]
    while (queue.closed === undefined) {
      const items = queue.take(deps.realtime)
      if (items.length > 0) yield items
      else await queue.changed()
    }
    if (queue.closed === 4403 && transport === null) throw new TidingsError('SESSION_REVOKED')
  } finally {
    deps.realtime.leave(queue)
    queue.end(1000)
    signal?.removeEventListener('abort', queue)
  }
}

/**
 * Registers a subscription, and only then asks what it begins with: see `openLive`. Whoever reads the queue without it, for
 * the promises that it costs, begins by this, writes the answer, and then what the queue lets him take.
 */
export async function joinLive(
  deps: Pick<LiveDeps, 'database' | 'journal' | 'realtime'>,
  queue: LiveQueue,
): Promise<LiveItem> {
  deps.realtime.join(queue)
  return { kind: 'ready', epoch: deps.journal.epoch, watermark: await deps.database.now() }
}
