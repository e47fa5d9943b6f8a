import { CLIENT_LIMITS, type Message, type Reaction } from '@tidings/protocol/wire'
import type { ReactionChange, RowChange } from './rows.ts'

/** A change of a conversation's messages, or of the part of them that is kept. */
export type MessageChange = Extract<
  RowChange,
  { table: 'window' | 'message' | 'edit' | 'messages' | 'gone' | 'reaction' | 'reactions' }
>

/** The part of a conversation's messages that is in memory: everything after `from` that is kept. */
export interface OpenMessages {
  /** Ascending by seq. */
  readonly rows: Message[]
  /** Messages up to here may exist and are not here. Infinity until the first have been read. */
  from: number
  /** Brings it up to date. It knows by itself how: a client without a store has none, and does not load that. */
  apply(change: MessageChange): void
}

export function createOpenMessages(): OpenMessages {
  const open: OpenMessages = { rows: [], from: Infinity, apply: (change) => apply(open, change) }
  return open
}

function apply(open: OpenMessages, change: MessageChange): void {
  switch (change.table) {
    case 'window':
      moveWindow(open, change.row?.from ?? 0)
      return
    case 'message':
      putMessage(open, change.row)
      return
    case 'edit':
      replaceMessage(open, change.row)
      return
    case 'messages':
      dropMessages(open, change.upTo)
      return
    case 'gone':
      removeMessage(open, change.seq)
      return
    case 'reaction':
      putReaction(open, change)
      return
    case 'reactions':
      dropReactions(open, change)
  }
}

/** Puts a message in its place, or in that of the same message as it was. One that is further back stays out. */
function putMessage({ rows, from }: OpenMessages, message: Message): void {
  if (from !== Infinity && message.seq <= from) return
  const place = placeOf(rows, message.seq)
  const known = rows[place]
  if (known?.seq === message.seq) rows[place] = withReactionsOf(message, known)
  else rows.splice(place, 0, message)
}

/** Puts a message in the place of the same message as it was, if that is here. */
function replaceMessage({ rows }: OpenMessages, message: Message): void {
  const place = placeOf(rows, message.seq)
  const known = rows[place]
  if (known?.seq === message.seq) rows[place] = withReactionsOf(message, known)
}

/** A message as it is by now; events tell it without the reactions to it. */
function withReactionsOf(message: Message, { reactions }: Message): Message {
  return reactions === undefined || message.body.kind === 'deleted'
    ? message
    : { ...message, reactions }
}

/** Takes one message out. */
function removeMessage({ rows }: OpenMessages, seq: number): void {
  const place = placeOf(rows, seq)
  if (rows[place]?.seq === seq) rows.splice(place, 1)
}

/** Brings one reaction up to date. */
function putReaction({ rows }: OpenMessages, change: ReactionChange): void {
  const place = placeOf(rows, change.seq)
  const row = rows[place]
  if (row?.seq !== change.seq) return
  const { reactions: known = [], ...message } = row
  const reactions = withReaction(known, change)
  rows[place] = reactions.length === 0 ? message : { ...message, reactions }
}

function withReaction(known: readonly Reaction[], change: ReactionChange): Reaction[] {
  const { reaction, field, value } = change
  const before = known.find((one) => one.reaction === reaction) ?? {
    reaction,
    count: 0,
    own: false,
  }
  const after = field === 'count' ? { ...before, count: value } : { ...before, own: value > 0 }
  const others = known.filter((one) => one.reaction !== reaction)
  if (after.count === 0) return others
  return [...others, after].sort((one, other) => (one.reaction < other.reaction ? -1 : 1))
}

/** Drops the reactions to messages between two seqs, both included. */
function dropReactions(
  { rows }: OpenMessages,
  { from, upTo }: { readonly from: number; readonly upTo: number },
): void {
  for (let place = placeOf(rows, from); place < rows.length; place += 1) {
    const row = rows[place]
    if (row === undefined || row.seq > upTo) return
    const { reactions: _, ...message } = row
    rows[place] = message
  }
}

/** Puts older messages before those that are there; what is there already is younger than what was read. */
export function extendBack(open: OpenMessages, older: readonly Message[], from: number): void {
  const known = new Set(open.rows.map(({ seq }) => seq))
  open.rows.unshift(...older.filter(({ seq }) => !known.has(seq)))
  open.rows.sort((one, other) => one.seq - other.seq)
  open.from = from
}

/** Drops messages up to a seq. */
function dropMessages({ rows }: OpenMessages, upTo: number): void {
  rows.splice(0, placeOf(rows, upTo + 1))
}

/** What is kept begins elsewhere now. */
function moveWindow(open: OpenMessages, from: number): void {
  if (open.from === Infinity) return
  if (open.rows.length === 0 || from > open.from) open.from = from
}

/** Messages after one seq and up to another, as a user sees them. */
export interface UnreadRange {
  readonly after: number
  readonly upTo: number
  readonly me: string | undefined
}

/** What is unread in a conversation, each counted up to `CLIENT_LIMITS.unreadCount`. */
export interface UnreadCounts {
  readonly unread: number
  /** Of these, those that mention the user. */
  readonly unreadMentions: number
}

/** How many messages of others, not deleted, are in a range; undefined when not all of them are here. */
export function countUnread(
  open: OpenMessages | undefined,
  { after, upTo, me }: UnreadRange,
): UnreadCounts | undefined {
  if (open === undefined || open.from > after) return undefined
  const { rows } = open
  const some = rows
    .slice(placeOf(rows, after + 1), placeOf(rows, upTo + 1))
    .filter((message) => isUnread(message, me))
  const mentions = some.filter((message) => isMeant(message, me))
  return { unread: limited(some.length), unreadMentions: limited(mentions.length) }
}

/** As many as are counted. */
export function limited(count: number): number {
  return Math.min(CLIENT_LIMITS.unreadCount, count)
}

/** Whether a message mentions the user. */
export function isMeant({ mentions }: Message, me: string | undefined): boolean {
  return me !== undefined && mentions?.includes(me) === true
}

/** Whether a message that was not read yet counts. */
export function isUnread({ senderId, body }: Message, me: string | undefined): boolean {
  return senderId !== me && body.kind !== 'deleted'
}

/** The first place whose seq is not below. */
function placeOf(rows: readonly Message[], seq: number): number {
  let low = 0
  let high = rows.length
  // Nearly always the newest.
  if (high === 0 || (rows[high - 1]?.seq ?? 0) < seq) return high
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((rows[middle]?.seq ?? 0) < seq) low = middle + 1
    else high = middle
  }
  return low
}
