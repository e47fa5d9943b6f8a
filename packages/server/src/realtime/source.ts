import type { StoredEvent } from '../journal/journal.ts'
import type { Span } from './audiences.ts'
import type { Departure } from './presence.ts'

/** A user's place in a conversation that is small enough to tell there who has come or gone. */
export interface PresencePlace {
  readonly userKey: number
  readonly userId: string
  readonly conversationKey: number
  readonly memberCount: number
}

/** Who of some users does not want to be seen by whom. */
export interface PresenceLimits {
  /** One has blocked the other. */
  readonly blocked: readonly (readonly [number, number])[]
  /** Who shows himself to his contacts alone, or to nobody. */
  readonly shy: ReadonlyMap<number, 'contacts' | 'nobody'>
  /** Looked up when there is somebody who shows himself to them alone. */
  readonly contacts: readonly (readonly [number, number])[]
}

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
  /** Where these users are told of, the newest conversations first. */
  listPresencePlaces(userKeys: readonly number[]): Promise<readonly PresencePlace[]>
  /** Who is in these conversations now. */
  listPresentMembers(
    conversationKeys: readonly number[],
  ): Promise<readonly { readonly conversationKey: number; readonly userKey: number }[]>
  /** What keeps these viewers from seeing these users. */
  readPresenceLimits(
    userKeys: readonly number[],
    viewerKeys: readonly number[],
  ): Promise<PresenceLimits>
  /** Writes when these users were last seen. Answers the database's time of each. */
  noteSeen(departures: readonly Departure[]): Promise<ReadonlyMap<number, number>>
  /** When these users were last seen, as far as the database knows. */
  readSeen(userKeys: readonly number[]): Promise<ReadonlyMap<number, number>>
}
