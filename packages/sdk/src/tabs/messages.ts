import {
  ERRORS,
  TidingsError,
  type Credentials,
  type ErrorCode,
  type ErrorDetails,
} from '@tidings/protocol/wire'
import type { ConnectionState } from '../connection-state.ts'
import type { News } from '../news.ts'

/** The form of these messages. Tabs of another form do not understand one another. */
export const VERSION = 1

/** Stands in the place of a conversation's id where a tab has another one watch the notifications. */
export const NOTIFICATIONS = 'notifications'

/** The time in which one tab leads. A later one has a higher number. */
export interface Reign {
  readonly number: number
  /** The tab that leads. */
  readonly leader: string
}

/** What tabs tell one another besides what happens in a client. */
export type TabNews =
  News | { readonly kind: 'user'; readonly credentials: Credentials | undefined }

/** What belongs together of what has happened, and its place in the order of everything that has. */
export interface Bulletin {
  readonly revision: number
  readonly news: readonly TabNews[]
}

/** The same on its way. */
export interface PackedBulletin {
  readonly revision: number
  readonly news: readonly unknown[]
}

/** The outcome of what was asked for. */
export type Outcome =
  | { readonly kind: 'done'; readonly output: unknown }
  | { readonly kind: 'failed'; readonly error: PlainError }

/** Something that the leader is asked to do. */
export interface Request {
  readonly path: string
  readonly input: unknown
}

/** What one tab says to the others, or to one of them. */
export type TabMessageBody =
  /** Who leads? */
  | { readonly kind: 'hello' }
  /** Leads from now on, knows everything up to a revision, and takes what it lacks. */
  | { readonly kind: 'poll'; readonly reign: Reign; readonly revision: number }
  | { readonly kind: 'have'; readonly to: string; readonly bulletins: readonly PackedBulletin[] }
  /** Leads, and answers. */
  | { readonly kind: 'claim'; readonly reign: Reign }
  | { readonly kind: 'bulletin'; readonly reign: Reign; readonly bulletin: PackedBulletin }
  | ({ readonly kind: 'ask'; readonly to: string; readonly id: number } & Request)
  /** Takes back what was asked for. */
  | { readonly kind: 'stop'; readonly to: string; readonly id: number }
  | { readonly kind: 'answer'; readonly to: string; readonly id: number; readonly outcome: Outcome }
  /** Is there anybody who leads? */
  | { readonly kind: 'ping' }
  | { readonly kind: 'pong'; readonly to: string }

/** The same on its way. */
export type TabMessage = TabMessageBody & { readonly version: number; readonly from: string }

/** Whoever is on this wire is this package; its version tells whether in the same form. */
export function isTabMessage(message: unknown): message is TabMessage {
  return typeof message === 'object' && message !== null && 'version' in message
}

/** An error on its way: of its own class nothing arrives in another tab. */
export interface PlainError {
  readonly code: ErrorCode
  readonly message: string
  readonly details: ErrorDetails
}

export function toPlain({ code, message, details }: TidingsError): PlainError {
  return { code, message, details: { ...details } }
}

export function fromPlain({ code, message, details }: PlainError): TidingsError {
  return new TidingsError(Object.hasOwn(ERRORS, code) ? code : 'INTERNAL', message, details)
}

export function packBulletin({ revision, news }: Bulletin): PackedBulletin {
  return { revision, news: news.map(packNews) }
}

export function unpackBulletin({ revision, news }: PackedBulletin): Bulletin {
  return { revision, news: news.map((one) => unpackNews(given(one))) }
}

/** What reaches further. */
export function longer(
  one: readonly PackedBulletin[],
  other: readonly PackedBulletin[],
): readonly PackedBulletin[] {
  return (other.at(-1)?.revision ?? 0) > (one.at(-1)?.revision ?? 0) ? other : one
}

/** A connection's state on its way. */
export function packState(state: ConnectionState): unknown {
  const hasError = state.state !== 'connected' && state.error !== undefined
  return hasError ? { ...state, error: toPlain(state.error) } : state
}

export function unpackState(packed: ConnectionState): ConnectionState {
  const hasError = packed.state !== 'connected' && packed.error !== undefined
  return hasError ? { ...packed, error: fromPlain(packed.error) } : packed
}

function packNews(news: TabNews): unknown {
  if (news.kind === 'error') return { ...news, error: toPlain(news.error) }
  return news.kind === 'state' ? { ...news, state: packState(news.state) } : news
}

function unpackNews(packed: TabNews): TabNews {
  if (packed.kind === 'error') return { ...packed, error: fromPlain(packed.error) }
  return packed.kind === 'state' ? { ...packed, state: unpackState(packed.state) } : packed
}

/** What another tab has said: it runs this very package, in the same version of these messages. */
export function given<T>(said: unknown): T {
  if (isGiven<T>(said)) return said
  throw new TypeError('nothing was said')
}

function isGiven<T>(_said: unknown): _said is T {
  return true
}
