import { randomUUID } from 'node:crypto'
import type { Database } from '../../src/db/database.ts'
import type { EventActor, Journal, MessageAppend, StoredEvent } from '../../src/journal/journal.ts'
import { openJournal } from '../../src/journal/open.ts'
import { v7 as uuidv7 } from 'uuid'

/** A user with the key of his own stream. */
export interface TestUser extends EventActor {
  readonly streamKey: number
}

/** A conversation's streams. */
export interface TestConversation {
  readonly id: string
  readonly key: number
  readonly messageStreamKey: number
  readonly receiptStreamKey: number
}

/** A journal with people and conversations, without the services above it. */
export class JournalWorld {
  readonly journal: Journal
  readonly database: Database
  readonly committed: StoredEvent[] = []
  readonly future: number[] = []

  constructor(database: Database, epoch = 7) {
    this.database = database
    this.journal = openJournal({
      database,
      epoch,
      onFuturePosition: (position) => this.future.push(position.after),
    })
    this.journal.onCommitted((events) => this.committed.push(...events))
  }

  async user(name: string): Promise<TestUser> {
    const id = randomUUID()
    return this.journal.transact(async (journal) => {
      const streamKey = await journal.createStream(`u:${id}`)
      const [row] = await journal.tx
        .insert(this.database.tables.users)
        .values({
          id,
          username: name,
          usernameKey: `${name}-${id}`,
          passwordHash: '-',
          role: 'user',
          streamKey,
          createdAt: await journal.now(),
        })
        .returning({ key: this.database.tables.users.key })
      if (row === undefined) throw new Error('no user')
      await journal.openSpans([{ streamKey, userKey: row.key, fromSeq: 1 }])
      return { key: row.key, id, streamKey }
    })
  }

  async conversation(members: readonly TestUser[]): Promise<TestConversation> {
    const id = randomUUID()
    const creator = members[0]
    if (creator === undefined) throw new Error('a conversation needs somebody')
    return this.journal.transact(async (journal) => {
      const messageStreamKey = await journal.createStream(`m:${id}`)
      const receiptStreamKey = await journal.createStream(`r:${id}`)
      const now = await journal.now()
      const { conversations } = this.database.tables
      const [row] = await journal.tx
        .insert(conversations)
        .values({
          id,
          kind: 'group',
          name: 'group',
          joinPolicy: 'open',
          history: 'joined',
          createdBy: creator.key,
          messageStreamKey,
          receiptStreamKey,
          memberCount: members.length,
          createdAt: now,
          updatedAt: now,
        })
        .returning({ key: conversations.key })
      if (row === undefined) throw new Error('no conversation')
      for (const member of members) {
        await journal.tx.insert(this.database.tables.members).values({
          conversationKey: row.key,
          userKey: member.key,
          role: 'member',
          state: 'active',
          joinedAt: now,
        })
        await journal.openSpans([{ streamKey: messageStreamKey, userKey: member.key, fromSeq: 1 }])
        await journal.openSpans([{ streamKey: receiptStreamKey, userKey: member.key, fromSeq: 1 }])
      }
      return { id, key: row.key, messageStreamKey, receiptStreamKey }
    })
  }

  /** A send of a text, with an idempotency key unless `clientMessageId` is null. */
  message(
    conversation: TestConversation,
    actor: TestUser,
    options: { text?: string; clientMessageId?: string | null; payloadHash?: number } = {},
  ): MessageAppend {
    const { text = 'hi', clientMessageId = randomUUID(), payloadHash = 1 } = options
    return {
      streamKey: conversation.messageStreamKey,
      stream: `m:${conversation.id}`,
      actor,
      messageId: uuidv7(),
      clientMessageId: clientMessageId ?? undefined,
      payloadHash,
      body: { kind: 'text', text },
    }
  }

  send(...args: Parameters<JournalWorld['message']>) {
    return this.journal.sendMessage(this.message(...args))
  }

  /** The user leaves: his spans end with the event. */
  leave(conversation: TestConversation, user: TestUser): Promise<StoredEvent> {
    return this.journal.transact(async (journal) => {
      const { messageStreamKey, receiptStreamKey, id } = conversation
      const locked = await journal.lock([messageStreamKey, receiptStreamKey])
      const body = { conversationId: id, userId: user.id, removedBy: null }
      const event = await journal.append({
        streamKey: messageStreamKey,
        type: 'member.left',
        actor: user,
        body,
      })
      await journal.closeSpan(messageStreamKey, user.key, event.seq)
      await journal.closeSpan(receiptStreamKey, user.key, locked.get(receiptStreamKey)?.head ?? 0)
      return event
    })
  }

  /** Comes (back): sees what follows the event. */
  join(conversation: TestConversation, user: TestUser): Promise<StoredEvent> {
    return this.journal.transact(async (journal) => {
      const { messageStreamKey, id } = conversation
      await journal.lock([messageStreamKey])
      const body = { conversationId: id, userId: user.id, addedBy: null }
      const event = await journal.append({
        streamKey: messageStreamKey,
        type: 'member.joined',
        actor: user,
        body,
      })
      await journal.openSpans([
        { streamKey: messageStreamKey, userKey: user.key, fromSeq: event.seq + 1 },
      ])
      return event
    })
  }
}
