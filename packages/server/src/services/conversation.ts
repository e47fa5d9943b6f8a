import {
  type Conversation,
  type ConversationPage,
  LIMITS,
  type Message,
  type UnreadTotal,
  type UserRef,
} from '@tidings/protocol/wire'
import { idSchema, TidingsError, timestampSchema } from '@tidings/protocol'
import * as z from 'zod'
import { storedOf, toMessage } from '../journal/event.ts'
import {
  findDirect,
  findKeyThroughMember,
  findOwnConversation,
  inside,
  type OwnConversationRow,
  toDirectKey,
} from '../stores/conversation.ts'
import {
  type ConversationFilter,
  type ConversationOrder,
  type ConversationPlace,
  listOwnConversations,
} from '../stores/conversation-list.ts'
import {
  type ConversationViewRow,
  listConversationViews,
  listPeers,
} from '../stores/conversation-view.ts'
import type { Person } from '../stores/member.ts'
import { listMessagesAt } from '../stores/message.ts'
import { sumUnread } from '../stores/unread-each.ts'
import { mayFollow, type Actor } from './actor.ts'
import type { Deps } from './deps.ts'
import { addConversation } from './new-conversation.ts'
import { invalidCursor, parseCursor, toPage } from './page-cursor.ts'
import { requirePeople, requirePerson, requirePresent, requireUnblocked } from './people.ts'
import { requireWrites, takeWrites } from './write-limit.ts'

const placeSchema = z.tuple([timestampSchema, idSchema])

/**
 * The one direct conversation of the actor with a user, made at the first time, by whichever of the two comes first; with
 * himself, his notes.
 * @throws TidingsError NOT_FOUND for an unknown user and one who has blocked the actor, FORBIDDEN for one whom he has
 * blocked, as long as there is none; RATE_LIMITED
 */
export function openConversation(deps: Deps, actor: Actor, user: UserRef): Promise<Conversation> {
  return openDirect(deps, actor, { user, sends: 0 })
}

/**
 * The same for a message that follows at once: while that would be refused as one too many, none is made for it.
 * @throws TidingsError as {@link openConversation}
 */
export function openToSend(deps: Deps, actor: Actor, user: UserRef): Promise<Conversation> {
  return openDirect(deps, actor, { user, sends: 1 })
}

async function openDirect(
  deps: Deps,
  actor: Actor,
  { user, sends }: { readonly user: UserRef; readonly sends: number },
): Promise<Conversation> {
  const peer = await requirePerson(deps, user)
  const directKey = toDirectKey(actor.userKey, peer.key)
  const known = await findDirect(deps.database, directKey)
  const conversationId = known?.id ?? (await makeDirect(deps, actor, { peer, directKey, sends }))
  return getConversation(deps, actor, { conversationId })
}

/**
 * The direct conversation of the actor with a user; null while there is none. Nothing is made, and nobody is told.
 * @throws TidingsError NOT_FOUND for an unknown user; where there is none, FORBIDDEN and NOT_FOUND as for opening it
 */
export async function findDirectConversation(
  deps: Deps,
  actor: Actor,
  input: UserRef,
): Promise<Conversation | null> {
  const peer = await requirePerson(deps, input)
  const known = await findDirect(deps.database, toDirectKey(actor.userKey, peer.key))
  if (known !== undefined) return getConversation(deps, actor, { conversationId: known.id })
  await requireUnblocked(deps.database, actor, [peer])
  return null
}

/** @throws TidingsError NOT_FOUND when the actor is not in it, or nobody is */
export async function getConversation(
  deps: Deps,
  actor: Actor,
  input: { readonly conversationId: string },
): Promise<Conversation> {
  const row = await findOwnConversation(deps.database, input.conversationId, actor.userKey)
  if (row === undefined) throw new TidingsError('NOT_FOUND')
  const [conversation] = await toConversations(deps, actor, [row])
  // He has left between the two questions.
  if (conversation === undefined) throw new TidingsError('NOT_FOUND')
  return conversation
}

/** Which page of a list, and of which conversations. */
interface ListInput extends ConversationFilter {
  readonly order?: ConversationOrder | undefined
  readonly cursor?: string | undefined
  readonly page?: number | undefined
  readonly limit: number
}

const TOO_FAR = {
  path: 'page',
  message: `more than ${LIMITS.pageOffset} conversations back: use cursor`,
}

/** What is unread in all of the actor's conversations. */
export async function countUnread(deps: Deps, actor: Actor): Promise<UnreadTotal> {
  const { database } = deps
  const sums = await sumUnread(database, actor.userKey, await database.now())
  const { mutedUnread, mutedConversations, ...total } = sums
  return { ...total, muted: { unread: mutedUnread, conversations: mutedConversations } }
}

/**
 * A page of the actor's conversations, the most recently active first unless he wants them as they were made. No
 * conversation comes twice; one that becomes active while the pages are read moves to the front of the former, which its
 * own events tell.
 */
export async function listConversations(
  deps: Deps,
  actor: Actor,
  input: ListInput,
): Promise<ConversationPage> {
  const { cursor, page, limit, order = 'activity' } = input
  if (cursor !== undefined && page !== undefined)
    throw new TidingsError('INVALID_INPUT', 'Give one of cursor and page.')
  const offset = page === undefined ? 0 : (page - 1) * limit
  if (offset > LIMITS.pageOffset)
    throw new TidingsError('INVALID_INPUT', undefined, { fields: [TOO_FAR] })
  const rows = await listOwnConversations(deps.database, actor.userKey, {
    filter: input,
    order,
    after: cursor === undefined ? undefined : await toPlace(deps, actor, cursor),
    ...{ offset, limit: limit + 1, now: await deps.database.now() },
  })
  const { shown, next } = toPage(rows, limit, ({ activeAt, id }) => [activeAt, id])
  const items = await toConversations(deps, actor, shown)
  return {
    items: items.filter(({ id }) => mayFollow(actor.grant, `m:${id}`)),
    next,
  }
}

async function makeDirect(
  deps: Deps,
  actor: Actor,
  plan: { readonly peer: Person; readonly directKey: string; readonly sends: number },
): Promise<string> {
  const isSelf = plan.peer.key === actor.userKey
  const writes = isSelf ? 1 : 2
  if (plan.sends > 0) requireWrites(deps, actor, writes + plan.sends)
  takeWrites(deps, actor, writes)
  const people = await requirePeople(deps, [plan.peer.id, actor.userId])
  return deps.journal.transact(async (journal) => {
    await journal.lock(people.map(({ streamKey }) => streamKey))
    // Looked up again under the locks of both: who opens at the same moment waits there, and then finds it.
    const known = await findDirect(inside(deps.database, journal.tx), plan.directKey)
    if (known !== undefined) return known.id
    const at = inside(deps.database, journal.tx)
    await requirePresent(at, people)
    await requireUnblocked(at, actor, [plan.peer])
    const id = deps.machine.newId()
    await addConversation(deps.database, journal, {
      id,
      kind: isSelf ? 'self' : 'direct',
      name: null,
      directKey: plan.directKey,
      clientConversationId: null,
      payloadHash: null,
      joinPolicy: 'invite',
      history: 'all',
      data: null,
      creator: actor,
      people,
    })
    return id
  })
}

/** The cursor names the conversation by its id: keys stay inside, and only one's own conversations can be named. */
async function toPlace(deps: Deps, actor: Actor, cursor: string): Promise<ConversationPlace> {
  const [activeAt, id] = parseCursor(cursor, placeSchema)
  const key = await findKeyThroughMember(deps.database, id, actor.userKey)
  if (key === undefined) throw invalidCursor()
  return { activeAt, key }
}

function directKeys(rows: readonly OwnConversationRow[]): readonly number[] {
  return rows.filter(({ kind }) => kind === 'direct').map(({ key }) => key)
}

/** Left out is what the actor has left meanwhile. */
async function toConversations(
  deps: Deps,
  actor: Actor,
  rows: readonly OwnConversationRow[],
): Promise<Conversation[]> {
  const { database } = deps
  const keys = rows.map(({ key }) => key)
  const peers = await listPeers(database, directKeys(rows), actor.userKey)
  const views = await listConversationViews(database, actor.userKey, keys)
  const messages = await listLastMessages(deps, views)
  const viewOf = new Map(views.map((view) => [view.key, view]))
  return keys.flatMap((key) => {
    const view = viewOf.get(key)
    if (view === undefined) return []
    const lastMessage = messages.get(view.messageStreamKey) ?? null
    return [toConversation(view, lastMessage, peers.get(key) ?? null)]
  })
}

/** Field by field: of rest and spread V8 makes objects that stay until the next full collection, 16 kB a page. */
function toConversation(
  view: ConversationViewRow,
  lastMessage: Message | null,
  peer: Conversation['peer'],
): Conversation {
  const conversation: Conversation = {
    id: view.id,
    kind: view.kind,
    name: view.name,
    joinPolicy: view.joinPolicy,
    history: view.history,
    data: view.data,
    memberCount: view.memberCount,
    createdAt: view.createdAt,
    activeAt: view.activeAt,
    role: view.role,
    deliveredSeq: view.deliveredSeq,
    readSeq: view.readSeq,
    shownReadSeq: view.shownReadSeq,
    unreadFrom: view.unreadFrom,
    clearedSeq: view.clearedSeq,
    hidden: view.hidden,
    preference: view.preference,
    head: view.head,
    unread: view.unread,
    unreadMentions: view.unreadMentions,
    othersDeliveredSeq: view.othersDeliveredSeq,
    othersReadSeq: view.othersReadSeq,
    lastMessage,
    peer,
  }
  if (view.kind === 'group' && view.barredUntil !== null)
    conversation.barredUntil = view.barredUntil
  return conversation
}

/** By the key of the stream. */
async function listLastMessages(
  { database }: Deps,
  views: readonly ConversationViewRow[],
): Promise<ReadonlyMap<number, Message>> {
  const places = views.flatMap(({ messageStreamKey: streamKey, lastSeq: seq }) =>
    seq === null ? [] : [{ streamKey, seq }],
  )
  const rows = await listMessagesAt(database, database.read, places)
  return new Map(rows.map((row) => [row.streamKey, toMessage(storedOf(row))]))
}
