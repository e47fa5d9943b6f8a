import type { Position } from '@tidings/protocol/sync'
import type { OpenMessages } from './messages.ts'

/** What the row of a conversation depends on besides itself. */
export interface Surroundings {
  readonly userId: string | undefined
  readonly open: OpenMessages | undefined
  /** Up to where each stream has been told. */
  readonly positions: ReadonlyMap<string, Position>
  /** Seqs of messages that the user has hidden. */
  readonly hidden: ReadonlySet<number> | undefined
}
