import { type LiveItem, TidingsError } from '@tidings/protocol/wire'
import type { Database } from '../db/database.ts'
import type { Figures } from '../figures.ts'
import type { Journal } from '../journal/journal.ts'
import { LiveQueue, type LiveTransport } from './live-queue.ts'
import type { Realtime } from './realtime.ts'

/** Part of the services' `Deps`, which this layer does not know. */
export interface LiveDeps {
  readonly database: Pick<Database, 'now'>
  readonly journal: Pick<Journal, 'epoch'>
  readonly realtime: Realtime
  readonly figures?: Pick<Figures, 'behind'> | undefined
}

/** Whose subscription it is. */
export interface LiveActor {
  readonly userKey: number
  readonly sessionKey: number
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
  actor: LiveActor,
  options: LiveOptions,
): AsyncGenerator<LiveItem[], void, undefined> {
  const { transport, signal } = options
  const queue = new LiveQueue(actor, transport, deps.figures?.behind)
  deps.realtime.join(queue)
  signal?.addEventListener('abort', queue)
  try {
    if (signal?.aborted === true) return
    yield [await readyItem(deps)]
    while (await fill(deps.realtime, queue)) yield queue.take()
    if (queue.closed === 4403 && transport === null) throw new TidingsError('SESSION_REVOKED')
  } finally {
    deps.realtime.leave(queue)
    queue.end(1000)
    signal?.removeEventListener('abort', queue)
  }
}

/** What a subscription begins with, once it has joined: see `openLive`. */
export async function readyItem(deps: Pick<LiveDeps, 'database' | 'journal'>): Promise<LiveItem> {
  return { kind: 'ready', epoch: deps.journal.epoch, watermark: await deps.database.now() }
}

/** Waits until there is something to yield and room for it; false when the subscription is over. */
async function fill(realtime: Realtime, queue: LiveQueue): Promise<boolean> {
  while (queue.closed === undefined) {
    if (queue.congested && queue.waiting) await pause(realtime, queue)
    else if (queue.waiting) return true
    else await queue.changed()
  }
  return false
}

async function pause(realtime: Realtime, queue: LiveQueue): Promise<void> {
  queue.pause()
  const unwatch = realtime.watch(queue)
  while (queue.paused && queue.closed === undefined) await queue.changed()
  unwatch()
}
