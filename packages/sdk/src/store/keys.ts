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
  notifications: 'notifications',
  position: (stream: string) => `position/${stream}`,
  conversation: (conversationId: string) => `conversation/${conversationId}`,
  window: (conversationId: string) => `window/${conversationId}`,
  message: (conversationId: string, seq: number) => `message/${conversationId}/${padded(seq)}`,
  hidden: (conversationId: string, seq: number) => `hidden/${conversationId}/${padded(seq)}`,
  reaction: ({ id, seq, field, reaction }: ReactionKey) =>
    `reaction/${id}/${padded(seq)}/${field}/${reaction}`,
  members: (conversationId: string) => `members/${conversationId}`,
  outbox: (order: number) => `outbox/${padded(order)}`,
}

/** What names one fact of a reaction. */
interface ReactionKey {
  readonly id: string
  readonly seq: number
  readonly field: 'count' | 'own'
  readonly reaction: string
}

/** The reactions to a conversation's messages between two seqs, both included; of each message counts come first. */
export function reactionRange(
  conversationId: string,
  { from, upTo }: { readonly from: number; readonly upTo: number },
): { readonly from: string; readonly to: string } {
  const end = Math.min(upTo + 1, Number.MAX_SAFE_INTEGER)
  const start = `reaction/${conversationId}/`
  return { from: start + padded(from), to: start + padded(end) }
}

/** What is hidden in a conversation. */
export function hiddenRange(conversationId: string): {
  readonly from: string
  readonly to: string
} {
  // '0' follows '/'.
  return { from: `hidden/${conversationId}/`, to: `hidden/${conversationId}0` }
}

/** Every row of a table. */
export function tableRange(
  table: 'position' | 'conversation' | 'window' | 'outbox' | 'hidden',
): KeyRange {
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
