import type { ConversationKind } from '@tidings/protocol/wire'
import { eq, sql } from 'drizzle-orm'
import type { Database, Statement } from '../db/database.ts'
import { perDatabase } from './per-database.ts'

/** What never changes of a conversation. */
export interface ConversationKeys {
  readonly conversationKey: number
  readonly conversationId: string
  readonly kind: ConversationKind
  readonly messageStreamKey: number
  readonly receiptStreamKey: number
}

/** Conversations of a database that are remembered; the one looked up first is forgotten first. */
const MAX_REMEMBERED = 100_000

/**
 * The keys behind a conversation's id, from memory where they are known: every message and every receipt asks. Whoever
 * acts by them must find under the lock that the stream still has its name, since a database may be put back under a
 * running server, and must `forgetConversationKeys` when it has not.
 */
export async function findConversationKeys(
  database: Database,
  conversationId: string,
): Promise<ConversationKeys | undefined> {
  const { find, known } = memory(database)
  const found = known.get(conversationId)
  if (found !== undefined) return found
  const [row] = await find(database.read, { conversationId })
  if (row === undefined) return undefined
  known.set(conversationId, row)
  if (known.size > MAX_REMEMBERED) forgetOldest(known)
  return row
}

/** Looks them up again the next time. */
export function forgetConversationKeys(database: Database, conversationId: string): void {
  memory(database).known.delete(conversationId)
}

const memory = perDatabase((database) => ({
  find: prepareFind(database),
  known: new Map<string, ConversationKeys>(),
}))

function prepareFind(database: Database): Statement<ConversationKeys[]> {
  const { conversations } = database.tables
  return database.prepare((on) =>
    on
      .select({
        conversationKey: conversations.key,
        conversationId: conversations.id,
        kind: conversations.kind,
        messageStreamKey: conversations.messageStreamKey,
        receiptStreamKey: conversations.receiptStreamKey,
      })
      .from(conversations)
      .where(eq(conversations.id, sql.placeholder('conversationId'))),
  )
}

function forgetOldest(known: Map<string, ConversationKeys>): void {
  for (const id of known.keys()) {
    known.delete(id)
    return
  }
}
