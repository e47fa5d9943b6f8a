import { TidingsError, type Message } from '@tidings/protocol/wire'
import type { ClientStorage, StoredRow } from '../storage.ts'
import { messageRange, reactionRange, restOf } from './keys.ts'
import type { ReactionChange, RowChange } from './rows.ts'

/** Messages as they are kept, the newest first, and what is kept of the reactions to them. */
export interface StoredMessages {
  readonly messages: readonly Message[]
  readonly reactions: readonly ReactionChange[]
}

/** Reads a conversation's messages after one seq and up to another, the newest first. */
export async function readMessages(
  storage: ClientStorage,
  conversationId: string,
  page: { readonly after: number; readonly upTo: number; readonly limit: number },
): Promise<StoredMessages> {
  const messages = (await storage.read(messageRange(conversationId, page))).map(toMessage)
  const [newest, oldest] = [messages[0], messages.at(-1)]
  if (newest === undefined || oldest === undefined) return { messages, reactions: [] }
  const range = reactionRange(conversationId, { from: oldest.seq, upTo: newest.seq })
  const reactions = await storage.read(range)
  return { messages, reactions: reactions.flatMap((row) => toReaction(row) ?? []) }
}

/** How a message of the server's is kept: the reactions to it by themselves, since they change one by one. */
export function toChanges({ reactions = [], ...row }: Message): RowChange[] {
  const { conversationId: id, seq } = row
  return [
    { table: 'message', id, row },
    ...reactions.flatMap(({ reaction, count, own }): RowChange[] => {
      const place = { table: 'reaction', id, seq, reaction } as const
      const counted = { ...place, field: 'count', value: count } as const
      return own ? [counted, { ...place, field: 'own', value: 1 }] : [counted]
    }),
  ]
}

function toReaction({ key, value }: StoredRow): ReactionChange | undefined {
  const [id = '', seq, field, ...rest] = restOf(key).split('/')
  if ((field !== 'count' && field !== 'own') || typeof value !== 'number') return undefined
  return { table: 'reaction', id, seq: Number(seq), field, reaction: rest.join('/'), value }
}

/** What this client has written itself. */
function toMessage({ value }: StoredRow): Message {
  if (isMessage(value)) return value
  throw new TidingsError('INTERNAL', 'The storage holds something else than a message.')
}

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && 'seq' in value && 'body' in value
}
