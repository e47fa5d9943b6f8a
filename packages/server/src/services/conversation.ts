import type { Conversation, ConversationPage, Message, UserRef } from '@tidings/protocol/wire'
import { idSchema, nameKey, TidingsError, timestampSchema } from '@tidings/protocol'
import * as z from 'zod'
import { storedOf, toMessage } from '../journal/event.ts'
import {
  type ConversationPlace,
  findDirect,
  findKeyThroughMember,
  findOwnConversation,
  inside,
  listOwnConversations,
  type OwnConversationRow,
} from '../stores/conversation.ts'
import {
  type ConversationViewRow,
  listConversationViews,
  listPeers,
} from '../stores/conversation-view.ts'
import { listPeople, type Person } from '../stores/member.ts'
import { listMessagesAt } from '../stores/message.ts'
import type { Actor } from './actor.ts'
import type { Deps } from './deps.ts'
import { addConversation } from './new-conversation.ts'
import { invalidCursor, parseCursor, toCursor } from './page-cursor.ts'
import { requirePeople } from './people.ts'
import { takeWrites } from './write-limit.ts'

const placeSchema = z.tuple([timestampSchema, idSchema])

/**
 * The one direct conversation of the actor with a user, made at the first time, by whichever of the two comes first.
 * @throws TidingsError NOT_FOUND for an unknown user, INVALID_INPUT for oneself, RATE_LIMITED
 */
export async function openConversation(
  deps: Deps,
  actor: Actor,
  input: UserRef,
): Promise<Conversation> {
  const peer = await requirePeer(deps, input)
  if (peer.key === actor.userKey) throw new TidingsError('INVALID_INPUT', 'This user is you.')
  const directKey = toDirectKey(actor.userKey, peer.key)
  const known = await findDirect(deps.database, directKey)
  const conversationId = known ?? (await makeDirect(deps, actor, { peer, directKey }))
  return getConversation(deps, actor, { conversationId })
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

/**
 * A page of the actor's conversations, the most recently active first. No conversation comes twice; one that becomes
 * active while the pages are read moves to the front, which its own events tell.
 */
export async function listConversations(
  deps: Deps,
  actor: Actor,
  input: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<ConversationPage> {
  const after = input.cursor === undefined ? undefined : await toPlace(deps, actor, input.cursor)
  const page = { after, limit: input.limit + 1 }
  const rows = await listOwnConversations(deps.database, actor.userKey, page)
  const shown = rows.slice(0, input.limit)
  const last = rows.length > shown.length ? shown.at(-1) : undefined
  return {
    items: await toConversations(deps, actor, shown),
    next: last === undefined ? null : toCursor([last.activeAt, last.id]),
  }
}

async function requirePeer(deps: Deps, input: UserRef): Promise<Person> {
  const by = 'userId' in input ? { ids: [input.userId] } : { usernameKey: nameKey(input.username) }
  const [peer] = await listPeople(deps.database, by)
  if (peer === undefined) throw new TidingsError('NOT_FOUND')
  return peer
}

function toDirectKey(one: number, other: number): string {
  return `${Math.min(one, other)}:${Math.max(one, other)}`
}

async function makeDirect(
  deps: Deps,
  actor: Actor,
  plan: { readonly peer: Person; readonly directKey: string },
): Promise<string> {
  takeWrites(deps, actor, 2)
  const people = await requirePeople(deps, [plan.peer.id, actor.userId])
  return deps.journal.transact(async (journal) => {
    await journal.lock(people.map(({ streamKey }) => streamKey))
    // Looked up again under the locks of both: who opens at the same moment waits there, and then finds it.
    const known = await findDirect(inside(deps.database, journal.tx), plan.directKey)
    if (known !== undefined) return known
    const id = deps.machine.newId()
    await addConversation(deps.database, journal, {
      id,
      kind: 'direct',
      name: null,
      directKey: plan.directKey,
      clientConversationId: null,
      payloadHash: null,
      joinPolicy: 'invite',
      history: 'all',
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
    const {
      key: _key,
      messageStreamKey,
      receiptStreamKey: _receipts,
      lastSeq: _last,
      ...told
    } = view
    const lastMessage = messages.get(messageStreamKey) ?? null
    return [{ ...told, lastMessage, peer: peers.get(key) ?? null }]
  })
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
