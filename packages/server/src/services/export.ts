import { idSchema, seqSchema } from '@tidings/protocol'
import {
  isTidingsError,
  TidingsError,
  type ExportItem,
  type ExportPage,
} from '@tidings/protocol/wire'
import * as z from 'zod'
import { findNextPlace } from '../stores/erasure.ts'
import { findStreamThroughSpan } from '../stores/span.ts'
import { getMe } from './account.ts'
import type { Actor } from './actor.ts'
import { listBlocks } from './block.ts'
import { listContacts } from './contact.ts'
import { getConversation } from './conversation.ts'
import type { Deps } from './deps.ts'
import { listOwnIdentities } from './identity/link.ts'
import { listGroupMembers } from './group/list-members.ts'
import { listMessages } from './message-history.ts'
import { listNotifications } from './notification/list.ts'
import { invalidCursor, parseCursor, toCursor } from './page-cursor.ts'
import { listOwnSessions } from './session.ts'

/** What is the actor's own, in the order in which it comes. */
const OWN = ['user', 'sessions', 'identities', 'contacts', 'blocks', 'notifications'] as const

/** Where an export goes on. The inner cursor is that of the list that is read there; empty at its beginning. */
const placeSchema = z.union([
  z.tuple([z.enum(OWN), z.string().max(256)]),
  z.tuple([z.enum(['conversation', 'members']), z.string().max(256), idSchema]),
  z.tuple([z.literal('messages'), seqSchema, idSchema]),
])
type Place = z.infer<typeof placeSchema>

/** What one step has found, and where the next one begins; undefined at the end. */
interface Step {
  readonly items: readonly ExportItem[]
  readonly next: Place | undefined
}

/** So many lists are looked into for one page, however many of them are empty. */
const STEPS = 30

interface Exporting {
  readonly deps: Deps
  readonly actor: Actor
  /** Set when one conversation alone is exported. */
  readonly only: string | undefined
  readonly limit: number
}

/**
 * A page of what the actor may see: himself, his sessions, accounts elsewhere, contacts and blocks, and each conversation in which he is or was
 * with its members and its messages as history shows them to him, oldest first.
 * @throws TidingsError NOT_FOUND for a conversation of which he sees nothing, INVALID_INPUT
 */
export async function exportAccount(
  deps: Deps,
  actor: Actor,
  input: {
    readonly conversationId?: string | undefined
    readonly cursor?: string | undefined
    readonly limit: number
  },
): Promise<ExportPage> {
  const { conversationId: only, cursor, limit } = input
  if (only !== undefined) await streamKeyOf(deps, actor, only)
  let place: Place | undefined = beginOf(only, cursor)
  const items: ExportItem[] = []
  for (let step = 0; step < STEPS && place !== undefined && items.length < limit; step += 1) {
    const exporting = { deps, actor, only, limit: limit - items.length }
    const found: Step = await take(exporting, place)
    items.push(...found.items)
    place = found.next
  }
  return { items, next: place === undefined ? null : toCursor(place) }
}

function beginOf(only: string | undefined, cursor: string | undefined): Place {
  if (cursor === undefined) return only === undefined ? ['user', ''] : ['conversation', '', only]
  const place = parseCursor(cursor, placeSchema)
  if (only !== undefined && place[2] !== only) throw invalidCursor()
  return place
}

function take(exporting: Exporting, place: Place): Promise<Step> {
  switch (place[0]) {
    case 'user':
    case 'sessions':
    case 'identities':
    case 'contacts':
    case 'blocks':
    case 'notifications':
      return takeOwn(exporting, place[0], place[1])
    case 'conversation':
    case 'members':
      return takeMembers(exporting, place[0], { inner: place[1], conversationId: place[2] })
    case 'messages':
      return takeMessages(exporting, place[2], place[1])
  }
}

async function takeOwn(
  exporting: Exporting,
  section: (typeof OWN)[number],
  inner: string,
): Promise<Step> {
  const { deps, actor, limit } = exporting
  const page = { limit, cursor: inner === '' ? undefined : inner }
  switch (section) {
    case 'user':
      return {
        items: [{ type: 'user', user: await getMe(deps, actor) }],
        next: ['sessions', ''],
      }
    case 'sessions': {
      const sessions = await listOwnSessions(deps, actor)
      const items = sessions.map((session) => ({ type: 'session', session }) as const)
      return { items, next: ['identities', ''] }
    }
    case 'identities': {
      const identities = await listOwnIdentities(deps, actor)
      const items = identities.map((identity) => ({ type: 'identity', identity }) as const)
      return { items, next: ['contacts', ''] }
    }
    case 'contacts': {
      const { items, next } = await listContacts(deps, actor, page)
      const lines = items.map((contact) => ({ type: 'contact', contact }) as const)
      return { items: lines, next: next === null ? ['blocks', ''] : ['contacts', next] }
    }
    case 'blocks': {
      const { items, next } = await listBlocks(deps, actor, page)
      const lines = items.map((block) => ({ type: 'block', block }) as const)
      return { items: lines, next: next === null ? ['notifications', ''] : ['blocks', next] }
    }
    case 'notifications':
      return takeNotifications(exporting, inner)
  }
}

/** Newest first, as they are listed. */
async function takeNotifications(exporting: Exporting, inner: string): Promise<Step> {
  const { deps, actor, limit } = exporting
  const page = { limit, cursor: inner === '' ? undefined : inner }
  const { items, next } = await listNotifications(deps, actor, page)
  const lines = items.map((notification) => ({ type: 'notification', notification }) as const)
  const place: Place | undefined =
    next === null ? await placeAfter(exporting, 0) : ['notifications', next]
  return { items: lines, next: place }
}

interface InConversation {
  readonly inner: string
  readonly conversationId: string
}

/** Of one that he has left, or leaves meanwhile, the messages alone are his to see. */
async function takeMembers(
  { deps, actor, limit }: Exporting,
  section: 'conversation' | 'members',
  { inner, conversationId }: InConversation,
): Promise<Step> {
  const messages: Place = ['messages', 0, conversationId]
  try {
    if (section === 'conversation') {
      const conversation = await getConversation(deps, actor, { conversationId })
      return {
        items: [{ type: 'conversation', conversation }],
        next: ['members', '', conversationId],
      }
    }
    const page = { conversationId, limit, cursor: inner === '' ? undefined : inner }
    const { items, next } = await listGroupMembers(deps, actor, page)
    const lines = items.map((member) => ({ type: 'member', conversationId, member }) as const)
    return { items: lines, next: next === null ? messages : ['members', next, conversationId] }
  } catch (error) {
    if (isTidingsError(error) && error.code === 'NOT_FOUND') return { items: [], next: messages }
    throw error
  }
}

async function takeMessages(
  exporting: Exporting,
  conversationId: string,
  after: number,
): Promise<Step> {
  const { deps, actor, only, limit } = exporting
  const streamKey = await streamKeyOf(deps, actor, conversationId)
  const page = await listMessages(deps, actor, { conversationId, after, limit })
  // History is newest first, an export is read from the beginning.
  const items = page.items.toReversed().map((message) => ({ type: 'message', message }) as const)
  const last = items.at(-1)?.message.seq
  if (page.next !== null && last !== undefined)
    return { items, next: ['messages', last, conversationId] }
  return { items, next: only === undefined ? await placeAfter(exporting, streamKey) : undefined }
}

async function placeAfter(
  { deps, actor }: Exporting,
  streamKey: number,
): Promise<Place | undefined> {
  const next = await findNextPlace(deps.database, actor.userKey, streamKey)
  return next && ['conversation', '', next.conversationId]
}

async function streamKeyOf(
  { database }: Deps,
  { userKey }: Actor,
  conversationId: string,
): Promise<number> {
  const place = { userKey, stream: `m:${conversationId}` }
  const streamKey = await findStreamThroughSpan(database, database.read, place)
  if (streamKey === undefined) throw new TidingsError('NOT_FOUND')
  return streamKey
}
