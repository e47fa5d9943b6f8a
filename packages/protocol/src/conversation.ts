import * as z from 'zod'
import { idSchema, seqSchema, timestampSchema } from './ids.ts'
import { messageSchema } from './message.ts'
import { publicUserSchema, userRefSchema } from './user.ts'
import { LIMITS } from './limits.ts'

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

/** Where messages live: between two people (`direct`) or in a group. */
export const conversationSchema = z.object({
  id: idSchema,
  kind: z.enum(['direct', 'group']),
  name: z.string().nullable(),
  joinPolicy: joinPolicySchema,
  history: historyPolicySchema,
  memberCount: z.int(),
  createdAt: timestampSchema,
  /** The time of the newest event of the messages stream that the asking member sees, else of the making. */
  activeAt: timestampSchema,
  /** The asking member's own role and marks. */
  role: roleSchema,
  deliveredSeq: seqSchema,
  readSeq: seqSchema,
  /** The newest seq of the conversation's messages stream. */
  head: seqSchema,
  /** Messages of others that he has not read, counted up to `LIMITS.unreadCount`. */
  unread: z.int().min(0).max(LIMITS.unreadCount),
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
  role: roleSchema,
  deliveredSeq: seqSchema,
  readSeq: seqSchema,
  joinedAt: timestampSchema,
})
/** A member of a conversation, with his role and his marks. */
export type Member = z.infer<typeof memberSchema>

export const conversationRefSchema = z.object({ conversationId: idSchema })

/** Opens the one direct conversation with a user, making it at the first time. */
export const openConversationSchema = userRefSchema
/** With whom a direct conversation is opened. */
export type OpenConversationInput = z.input<typeof openConversationSchema>

/** Pages are by an opaque cursor; `next` is null on the last one. */
export const pageInputSchema = z.object({
  cursor: z.string().max(512).optional(),
  limit: z.int().min(1).max(LIMITS.pageSize).default(50),
})
/** Which page of a list: the first, or the one whose `cursor` an earlier page has named as `next`. */
export type PageInput = z.input<typeof pageInputSchema>

export const conversationPageSchema = z.object({
  items: z.array(conversationSchema),
  next: z.string().nullable(),
})
/** A page of conversations, newest activity first; `next` is null on the last one. */
export type ConversationPage = z.infer<typeof conversationPageSchema>

export const listMembersSchema = z.object({ conversationId: idSchema, ...pageInputSchema.shape })
export const memberPageSchema = z.object({
  items: z.array(memberSchema),
  next: z.string().nullable(),
})
/** A page of members; `next` is null on the last one. */
export type MemberPage = z.infer<typeof memberPageSchema>
