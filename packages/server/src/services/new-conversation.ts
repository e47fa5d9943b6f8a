import type {
  ConversationKind,
  EventOf,
  HistoryPolicy,
  JoinPolicy,
  Json,
} from '@tidings/protocol/wire'
import type { Database } from '../db/database.ts'
import type { JournalTx } from '../journal/journal.ts'
import { insertConversation, inside } from '../stores/conversation.ts'
import { type Person, upsertMembers } from '../stores/member.ts'
import type { Actor } from './actor.ts'

/** A conversation about to be made; the streams of all its people are locked. */
export interface ConversationPlan {
  readonly id: string
  readonly kind: ConversationKind
  readonly name: string | null
  /** `<lower user key>:<higher user key>` of a direct conversation or of notes to oneself: the database allows each pair one. */
  readonly directKey: string | null
  /** The creator's idempotency key, with what tells a repeat from another payload. */
  readonly clientConversationId: string | null
  readonly payloadHash: number | null
  readonly joinPolicy: JoinPolicy
  readonly history: HistoryPolicy
  readonly data: Json | null
  readonly creator: Actor
  /** Everybody, the creator too, in the order in which they are to be named. */
  readonly people: readonly Person[]
}

/**
 * Makes a conversation. Its streams start empty and are visible to its people from the first event on; each of them is
 * told on his own stream.
 */
export async function addConversation(
  database: Database,
  journal: JournalTx,
  plan: ConversationPlan,
): Promise<void> {
  const { people, creator, ...details } = plan
  const messageStreamKey = await journal.createStream(`m:${plan.id}`)
  const receiptStreamKey = await journal.createStream(`r:${plan.id}`)
  const createdAt = await journal.now()
  const at = inside(database, journal.tx)
  const conversationKey = await insertConversation(at, {
    ...details,
    createdBy: creator.userKey,
    messageStreamKey,
    receiptStreamKey,
    memberCount: people.length,
    createdAt,
  })
  const founder = plan.kind === 'group' ? creator.userKey : undefined
  const arrivals = people.map(({ key }) => ({
    userKey: key,
    role: key === founder ? ('owner' as const) : ('member' as const),
    marksAt: 0,
    joinedAt: createdAt,
  }))
  await upsertMembers(at, conversationKey, arrivals)
  const streamKeys = [messageStreamKey, receiptStreamKey]
  await journal.openSpans(
    people.flatMap(({ key: userKey }) =>
      streamKeys.map((streamKey) => ({ streamKey, userKey, fromSeq: 1 })),
    ),
  )
  await announce(journal, plan)
}

async function announce(journal: JournalTx, plan: ConversationPlan): Promise<void> {
  const actor = { key: plan.creator.userKey, id: plan.creator.userId }
  for (const person of plan.people) {
    const body: EventOf<'conversation.added'>['body'] = {
      conversationId: plan.id,
      kind: plan.kind,
      name: plan.name,
      addedBy: person.key === actor.key ? null : actor.id,
      memberCount: plan.people.length,
      userIds: plan.people.map(({ id }) => id),
    }
    await journal.append({ streamKey: person.streamKey, type: 'conversation.added', actor, body })
  }
}
