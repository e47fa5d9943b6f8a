import type { Message } from '@tidings/protocol/wire'

/** The part of a conversation's messages that is in memory: everything after `from` that is kept. */
export interface OpenMessages {
  /** Ascending by seq. */
  readonly rows: Message[]
  /** Messages up to here may exist and are not here. Infinity until the first have been read. */
  from: number
}

export function createOpenMessages(): OpenMessages {
  return { rows: [], from: Infinity }
}

/** Puts a message in its place, or in that of the same message as it was. One that is further back stays out. */
export function putMessage({ rows, from }: OpenMessages, message: Message): void {
  if (from !== Infinity && message.seq <= from) return
  const place = placeOf(rows, message.seq)
  rows.splice(place, rows[place]?.seq === message.seq ? 1 : 0, message)
}

/** Puts a message in the place of the same message as it was, if that is here. */
export function replaceMessage({ rows }: OpenMessages, message: Message): void {
  const place = placeOf(rows, message.seq)
  if (rows[place]?.seq === message.seq) rows[place] = message
}

/** Puts older messages before those that are there; what is there already is younger than what was read. */
export function extendBack(open: OpenMessages, older: readonly Message[], from: number): void {
  const known = new Set(open.rows.map(({ seq }) => seq))
  open.rows.unshift(...older.filter(({ seq }) => !known.has(seq)))
  open.rows.sort((one, other) => one.seq - other.seq)
  open.from = from
}

/** Drops messages up to a seq. */
export function dropMessages({ rows }: OpenMessages, upTo: number): void {
  rows.splice(0, placeOf(rows, upTo + 1))
}

/** What is kept begins elsewhere now. */
export function moveWindow(open: OpenMessages, from: number): void {
  if (open.from === Infinity) return
  if (open.rows.length === 0 || from > open.from) open.from = from
}

/** How many messages of others, not deleted, come after a seq; undefined when not all of them are here. */
export function countUnread(
  open: OpenMessages | undefined,
  { after, me }: { readonly after: number; readonly me: string | undefined },
): number | undefined {
  if (open === undefined || open.from > after) return undefined
  return open.rows.slice(placeOf(open.rows, after + 1)).filter((message) => isUnread(message, me))
    .length
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
