import type { KeyRange } from '../storage.ts'

const ZEROS = '0000000000000000'

/** Numbers in the order of their text. `padStart` takes three times as long, and this is done for every message. */
function padded(number: number): string {
  const digits = String(number)
  return ZEROS.slice(digits.length) + digits
}

/** The keys under which rows are kept. Ids hold no slash. */
export const keys = {
  owner: 'owner',
  mark: 'mark',
  listed: 'listed',
  position: (stream: string) => `position/${stream}`,
  conversation: (conversationId: string) => `conversation/${conversationId}`,
  window: (conversationId: string) => `window/${conversationId}`,
  message: (conversationId: string, seq: number) => `message/${conversationId}/${padded(seq)}`,
  members: (conversationId: string) => `members/${conversationId}`,
  outbox: (order: number) => `outbox/${padded(order)}`,
}

/** Every row of a table. */
export function tableRange(table: 'position' | 'conversation' | 'window' | 'outbox'): KeyRange {
  // '0' follows '/'.
  return { from: `${table}/`, to: `${table}0` }
}

/** A conversation's messages after one seq and up to another, the newest first. */
export function messageRange(
  conversationId: string,
  {
    after,
    upTo,
    limit,
  }: { readonly after: number; readonly upTo: number; readonly limit?: number },
): KeyRange {
  return {
    from: keys.message(conversationId, after + 1),
    to: keys.message(conversationId, Math.min(upTo + 1, Number.MAX_SAFE_INTEGER)),
    limit,
    reverse: true,
  }
}

/** What follows the table's name in a key. */
export function restOf(key: string): string {
  return key.slice(key.indexOf('/') + 1)
}
