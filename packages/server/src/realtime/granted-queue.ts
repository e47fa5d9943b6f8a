import type { Signal } from '@tidings/protocol/wire'
import { mayFollow, type ActorGrant } from '../auth/actor.ts'
import { isOwnStream, toEventFor } from '../auth/withheld.ts'
import type { Figures } from '../figures.ts'
import { toLiveEvent, type LiveEvent } from './live-event.ts'
import { LiveQueue, type LiveTransport } from './live-queue.ts'

/** Whose subscription it is. */
export interface LiveOwner {
  readonly userKey: number
  readonly sessionKey: number
  /** Of an OAuth client. */
  readonly grant?: ActorGrant | undefined
}

/** Between the pump and one live subscription: for an OAuth client one that lets through what it may see. */
export function openLiveQueue(
  owner: LiveOwner,
  transport: LiveTransport | null,
  figures: Figures['behind'] | undefined,
): LiveQueue {
  const { grant } = owner
  return grant === undefined
    ? new LiveQueue(owner, transport, figures)
    : new GrantedQueue({ ...owner, grant }, transport, figures)
}

class GrantedQueue extends LiveQueue {
  /** That an app listens does not say that its user is there. */
  override readonly isPresence = false
  readonly #grant: ActorGrant

  constructor(
    owner: LiveOwner & { readonly grant: ActorGrant },
    transport: LiveTransport | null,
    figures: Figures['behind'] | undefined,
  ) {
    super(owner, transport, figures)
    this.#grant = owner.grant
  }

  /** All of one stream. */
  override deliver(events: readonly LiveEvent[]): void {
    const [first] = events
    if (first === undefined || !mayFollow(this.#grant, first.event.stream)) return
    super.deliver(isOwnStream(first.event.stream) ? events.map(this.#toShown) : events)
  }

  readonly #toShown = (live: LiveEvent): LiveEvent => {
    const shown = toEventFor(this.#grant, live.event)
    return shown === live.event ? live : toLiveEvent(shown)
  }

  override signal(signal: Signal): void {
    if (this.#maySee(signal)) super.signal(signal)
  }

  #maySee(signal: Signal): boolean {
    const { scopes, conversationIds } = this.#grant
    if ('conversationId' in signal.body)
      return mayFollow(this.#grant, `m:${signal.body.conversationId}`)
    return scopes.has('presence:read') && conversationIds === undefined
  }
}
