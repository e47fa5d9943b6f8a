import type { StoredEvent } from '../journal/journal.ts'
import type { Span } from './audiences.ts'

/** What live delivery asks of the database. */
export interface Source {
  readonly epoch: number
  /** No other process appends to this database. */
  readonly soleWriter: boolean
  /** Rows after a seq, ascending. */
  readAfter(streamKey: number, after: number, limit: number): Promise<readonly StoredEvent[]>
  /** The newest rows of a stream, ascending: at most `limit`. */
  readNewest(streamKey: number, limit: number): Promise<readonly StoredEvent[]>
  /** Everybody whose span on the stream is open or ends after a seq. */
  readAudience(streamKey: number, after: number): Promise<readonly Span[]>
  /** The database's history and its clock, milliseconds. */
  readClock(): Promise<{ readonly epoch: number; readonly now: number }>
  /** The streams, with their heads, that any of these users may see and that have an event since a time. */
  findMoved(
    userKeys: readonly number[],
    since: number,
  ): Promise<readonly (readonly [streamKey: number, head: number])[]>
  /** Notes that these sessions are in use, so that a socket held open keeps its session alive. */
  touch(sessionKeys: readonly number[]): Promise<void>
  /** Those of these sessions that have ended, by revocation, by age or with their user. */
  findEnded(sessionKeys: readonly number[]): Promise<readonly number[]>
}
