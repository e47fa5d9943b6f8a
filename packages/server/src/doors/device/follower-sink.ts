import type { Position, ResetReason } from '@tidings/protocol/sync'
import type { Event, Signal } from '@tidings/protocol/wire'

/** What a follower hands over, in order and one after the other: each is awaited before the next. */
export interface FollowerSink {
  /** Events of one stream, ascending, without a hole after the last ones; `position` is where they lead. */
  apply(stream: string, events: readonly Event[], position: Position): Promise<void>
  reset(stream: string, reason: ResetReason): void
  signals(signals: readonly Signal[]): void
  /** Everything that existed at the start has been handed over. */
  caughtUp(): void
  /** Nothing of what was handed over may go out any more, nor count as sent. */
  end(): void
  /** The client has more waiting than it may. */
  readonly congested: boolean
  /** Resolves when it has room for more. */
  drained(): Promise<void>
}
