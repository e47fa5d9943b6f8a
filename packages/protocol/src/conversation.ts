import * as z from 'zod'
import { idSchema, seqSchema, timestampSchema } from './ids.ts'
import { messageSchema } from './message.ts'
import { publicUserSchema, userRefSchema } from './user.ts'
import { boundedJson } from './json-schema.ts'
import { LIMITS } from './limits.ts'
import { pageInputSchema, pageOf } from './page.ts'
import { preferenceSchema } from './preference.ts'

/** What a member may do: an owner everything, an admin manage members and details, a member write. */
export const roleSchema = z.enum(['owner', 'admin', 'member'])
/** What a member may do: an owner everything, an admin manage members and details, a member write. */
export type Role = z.infer<typeof roleSchema>

/** Who may come in by himself: nobody (`invite`) or everybody who knows the id (`open`). */
export const joinPolicySchema = z.enum(['invite', 'open'])
/** Who may come in by himself: nobody (`invite`) or everybody who knows the id (`open`). */
export type JoinPolicy = z.infer<typeof joinPolicySchema>

/** What a newcomer sees: everything (`all`) or what is sent from then on (`joined`). */
export const historyPolicySchema = z.enum(['all', 'joined'])
/** What a newcomer sees: everything (`all`) or what is sent from then on (`joined`). */
export type HistoryPolicy = z.infer<typeof historyPolicySchema>

/** Between two people, in a group, or notes to oneself. */
export const conversationKindSchema = z.enum(['direct', 'group', 'self'])
/** Where messages live: between two people (`direct`), in a group, or alone with oneself (`self`). */
export type ConversationKind = z.infer<typeof conversationKindSchema>

/** What an app keeps about a group, for all of its members. */
export const conversationDataSchema = boundedJson(LIMITS.conversationDataBytes)

/** Where messages live: between two people (`direct`), in a group, or alone with oneself (`self`). */
export const conversationSchema = z.object({
  id: idSchema,
  kind: conversationKindSchema,
  name: z.string().nullable(),
  joinPolicy: joinPolicySchema,
  history: historyPolicySchema,
  /** What the app keeps about a group. */
  data: conversationDataSchema.nullable(),
  memberCount: z.int(),
  createdAt: timestampSchema,
  /** The time of the newest event of the messages stream that the asking member sees, else of the making. */
  activeAt: timestampSchema,
  /** The asking member's own role and marks. */
  role: roleSchema,
  /** Until when he may not write into the group, `FOREVER` for no end; left out when he may. */
  barredUntil: timestampSchema.optional(),
  deliveredSeq: seqSchema,
  readSeq: seqSchema,
  /** How much of it the others are told: less than `readSeq` after a private read. */
  shownReadSeq: seqSchema,
  /** Marked as unread from this seq on; null when it is not. */
  unreadFrom: seqSchema.nullable(),
  /** What lies up to here is not shown to him any more. */
  clearedSeq: seqSchema,
  /** He has hidden it, and nothing was sent since. */
  hidden: z.boolean(),
  preference: preferenceSchema,
  /** The newest seq of the conversation's messages stream. */
  head: seqSchema,
  /** Messages of others that he has not read, counted up to `LIMITS.unreadCount`. */
  unread: z.int().min(0).max(LIMITS.unreadCount),
  /** Of these, those that mention him. */
  unreadMentions: z.int().min(0).max(LIMITS.unreadCount),
  /** The newest message that he sees; one that was deleted counts. */
  lastMessage: messageSchema.nullable(),
  /** The lowest marks of the other members; null for who is alone, and above `LIMITS.receiptMembers` members. */
  othersDeliveredSeq: seqSchema.nullable(),
  othersReadSeq: seqSchema.nullable(),
  /** The other one, in a direct conversation. */
  peer: publicUserSchema.nullable(),
})
/** A conversation, as one of its members sees it. */
export type Conversation = z.infer<typeof conversationSchema>

/** A user's place in a conversation. */
export const memberSchema = z.object({
  userId: idSchema,
  username: z.string(),
  displayName: z.string().optional(),
  avatarUrl: z.string().optional(),
  role: roleSchema,
  /** Until when he may not write into the group, `FOREVER` for no end; left out when he may. */
  barredUntil: timestampSchema.optional(),
  deliveredSeq: seqSchema,
  readSeq: seqSchema,
  joinedAt: timestampSchema,
})
/** A member of a conversation, with his role and his marks. */
export type Member = z.infer<typeof memberSchema>

export const conversationRefSchema = z.object({ conversationId: idSchema })

/** Opens the one direct conversation with a user, making it at the first time; with oneself, the notes to oneself. */
export const openConversationSchema = userRefSchema
/** With whom a direct conversation is opened; oneself for notes to oneself. */
export type OpenConversationInput = z.input<typeof openConversationSchema>

const shown = z.enum(['with', 'without', 'only'])

/** Which of the conversations: with such ones, without them, or only them. */
export const listConversationsSchema = z.object({
  ...pageInputSchema.shape,
  /** The most recently active first, or as they were made, the oldest first: cheaper for who wants all of very many. */
  order: z.enum(['activity', 'creation']).optional(),
  /** In place of a cursor: 1 is the first page. Pages by number shift when something becomes active meanwhile. */
  page: z.int().min(1).optional(),
  archived: shown.optional(),
  /** Left out: without. */
  hidden: shown.optional(),
  muted: shown.optional(),
  pinned: shown.optional(),
  unread: shown.optional(),
})
/** Which page of a user's conversations, and of which: all but the hidden ones, unless it says otherwise. */
export type ListConversationsInput = z.input<typeof listConversationsSchema>

/** Takes a conversation out of the list, and what lies up to `seq` out of sight; left out: everything that is there. */
export const hideConversationSchema = z.object({
  conversationId: idSchema,
  seq: seqSchema.optional(),
})
/** Which conversation is hidden, and up to where. */
export type HideConversationInput = z.infer<typeof hideConversationSchema>

/** From which message on a conversation counts as unread again. */
export const markUnreadSchema = z.object({ conversationId: idSchema, seq: seqSchema.min(1) })
/** From which message on a conversation counts as unread again. */
export type MarkUnreadInput = z.infer<typeof markUnreadSchema>

/** What is unread in all conversations that are not hidden; the muted ones are part of it. */
export const unreadTotalSchema = z.object({
  /** Messages. */
  unread: z.int(),
  /** Conversations that have some. */
  conversations: z.int(),
  /** As much of both as is muted at this moment. */
  muted: z.object({ unread: z.int(), conversations: z.int() }),
})
/** What is unread in all of a user's conversations. */
export type UnreadTotal = z.infer<typeof unreadTotalSchema>

export const conversationPageSchema = pageOf(conversationSchema)
/** A page of conversations, newest activity first; `next` is null on the last one. */
export type ConversationPage = z.infer<typeof conversationPageSchema>

export const listMembersSchema = z.object({ conversationId: idSchema, ...pageInputSchema.shape })
export const memberPageSchema = pageOf(memberSchema)
/** A page of members; `next` is null on the last one. */
export type MemberPage = z.infer<typeof memberPageSchema>
