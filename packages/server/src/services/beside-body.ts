import { TidingsError, type SendInput } from '@tidings/protocol/wire'
import type { JournalTx, BesideBody, EventActor } from '../journal/journal.ts'
import { toContent } from '../journal/content.ts'
import type { EventRow } from '../stores/event.ts'
import { listPeople } from '../stores/member.ts'
import { findShownMessage } from '../stores/message.ts'
import { findOpenSpans } from '../stores/span.ts'
import type { Actor } from './actor.ts'
import type { Deps } from './deps.ts'

const NOT_SEEN = {
  fields: [{ path: 'replyTo', message: 'no message of this conversation that you see' }],
}

/**
 * What a message is to say besides its body. The message that is answered may be looked for before the lock: where it
 * stands never changes, and out of his sight it goes only by what he does himself.
 */
export async function findBeside(
  deps: Deps,
  actor: Actor,
  { streamKey, input }: { readonly streamKey: number; readonly input: SendInput },
): Promise<BesideBody> {
  const { replyTo, mentions = [] } = input
  const { database } = deps
  const { userKey } = actor
  const mentioned = await findMentioned(deps, mentions)
  if (replyTo === undefined) return { mentions: mentioned }
  const named = { streamKey, userKey, messageId: replyTo }
  const answered = await findShownMessage(database, database.read, named)
  if (answered === undefined || answered.actorId === null)
    return { mentions: [], refusal: new TidingsError('INVALID_INPUT', undefined, NOT_SEEN) }
  const { seq, actorId: senderId } = answered
  return { mentions: mentioned, replyTo: { messageId: replyTo, seq, senderId } }
}

/** The users with these ids, each once, in the order given; ids of nobody are left out. */
async function findMentioned(deps: Deps, ids: readonly string[]): Promise<readonly EventActor[]> {
  const wanted = [...new Set(ids)]
  if (wanted.length === 0) return []
  const people = new Map(
    (await listPeople(deps.database, { ids: wanted })).map(({ id, key }) => [id, { id, key }]),
  )
  return wanted.flatMap((id) => people.get(id) ?? [])
}

/** Whom an edited message mentions. */
interface MentionsAfter {
  readonly ids: readonly string[]
  /** Undefined when they are as they were. */
  readonly keys: readonly number[] | undefined
}

/**
 * Whom an edited message mentions: of the users named those who are members under the lock, or, when the edit names none,
 * whom it has mentioned so far.
 */
export async function mentionsAfter(
  deps: Deps,
  { tx }: JournalTx,
  { message, mentions }: { readonly message: EventRow; readonly mentions: string[] | undefined },
): Promise<MentionsAfter> {
  if (mentions === undefined)
    return { ids: toContent(message.body).mentions ?? [], keys: undefined }
  const { streamKey } = message
  const mentioned = await findMentioned(deps, mentions)
  const pairs = mentioned.map(({ key }) => ({ streamKey, userKey: key }))
  const members = new Set(
    (await findOpenSpans(deps.database, tx, pairs)).map(({ userKey }) => userKey),
  )
  const kept = mentioned.filter(({ key }) => members.has(key))
  return { ids: kept.map(({ id }) => id), keys: kept.map(({ key }) => key) }
}
