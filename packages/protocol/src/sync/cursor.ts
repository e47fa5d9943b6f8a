import { fromBase64url, toBase64url } from './base64url.ts'
import type { Mark, Position, SavedSync } from './position.ts'

/** The longest cursor, in characters (all ASCII). A client with more streams asks `sync.heads` page by page. */
export const MAX_CURSOR_LENGTH = 64 * 1024

const VERSION = 1

/** Why a cursor was not written, or cannot be read. */
export type CursorProblem = 'too_large' | 'malformed'

/**
 * Everything a client knows, as one opaque text of letters, digits, `-` and `_`. Deterministic: the same knowledge in
 * the same order is the same text. It is not signed: whoever forges one only lies about what he has read himself.
 *
 * @example
 * const written = encodeCursor(savedOf(state))
 * if (!written.ok) throw new TidingsError('CURSOR_TOO_LARGE')
 */
export function encodeCursor(
  saved: SavedSync,
):
  | { readonly ok: true; readonly cursor: string }
  | { readonly ok: false; readonly problem: 'too_large' } {
  const { mark } = saved
  const known: (string | number)[] = []
  for (const [stream, { seq, tag }] of saved.positions) known.push(stream, seq, tag)
  const marked = mark === undefined ? [] : [mark.epoch, mark.watermark, mark.comparedAt]
  const cursor = toBase64url(toAscii(JSON.stringify([VERSION, marked, known])))
  if (cursor.length > MAX_CURSOR_LENGTH) return { ok: false, problem: 'too_large' }
  return { ok: true, cursor }
}

/** What `encodeCursor` was given; never throws, whatever the text. */
export function decodeCursor(
  cursor: string,
):
  | { readonly ok: true; readonly saved: SavedSync }
  | { readonly ok: false; readonly problem: CursorProblem } {
  if (cursor.length > MAX_CURSOR_LENGTH) return { ok: false, problem: 'too_large' }
  const saved = readSaved(parse(fromBase64url(cursor)))
  return saved === undefined ? { ok: false, problem: 'malformed' } : { ok: true, saved }
}

/** JSON text in ASCII alone, so that a character is a byte. */
function toAscii(json: string): string {
  return json.replace(
    /[^\x20-\x7e]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function parse(json: string | undefined): unknown {
  if (json === undefined) return undefined
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

function readSaved(value: unknown): SavedSync | undefined {
  if (!isList(value) || value.length !== 3) return undefined
  const [version, marked, known] = value
  if (version !== VERSION || !isList(marked) || !isList(known)) return undefined
  const mark = readMark(marked)
  const positions = readPositions(known)
  return mark === 'malformed' || positions === undefined ? undefined : { mark, positions }
}

function readMark(marked: readonly unknown[]): Mark | undefined | 'malformed' {
  if (marked.length === 0) return undefined
  const [epoch, watermark, comparedAt] = marked
  const numbers = isCount(epoch) && isCount(watermark) && isCount(comparedAt)
  return numbers && marked.length === 3 ? { epoch, watermark, comparedAt } : 'malformed'
}

function readPositions(known: readonly unknown[]): Map<string, Position> | undefined {
  const positions = new Map<string, Position>()
  for (let at = 0; at < known.length; at += 3) {
    const [stream, seq, tag] = known.slice(at, at + 3)
    if (typeof stream !== 'string' || !isCount(seq) || !isCount(tag)) return undefined
    positions.set(stream, { seq, tag })
  }
  return positions
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
