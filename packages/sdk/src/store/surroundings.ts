import type { OpenMessages } from './messages.ts'

/** What the row of a conversation depends on besides itself. */
export interface Surroundings {
  readonly userId: string | undefined
  readonly open: OpenMessages | undefined
  /** Seqs of messages that the user has hidden. */
  readonly hidden: ReadonlySet<number> | undefined
}
