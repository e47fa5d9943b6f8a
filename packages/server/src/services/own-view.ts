import {
  TidingsError,
  type EventOf,
  type HideConversationInput,
  type MarkUnreadInput,
  type Preference,
  type UpdatePreferenceInput,
} from '@tidings/protocol/wire'
import type { JournalTx, StreamRow } from '../journal/journal.ts'
import { inside, type Target } from '../stores/conversation.ts'
import type { Membership } from '../stores/membership.ts'
import { findHidden, findSpanStart, hideUpTo } from '../stores/own-place.ts'
import { getPreference, putPreference } from '../stores/preference.ts'
import { findMarks, updateMarks } from '../stores/receipt.ts'
import type { Actor } from './actor.ts'
import type { Deps } from './deps.ts'
import { ownReadSeqOf, toMarkBody } from './mark-commit.ts'
import { requireMember } from './membership.ts'
import { isSameJson } from './payload-hash.ts'
import { requirePeople } from './people.ts'
import { takeWrites } from './write-limit.ts'

/**
 * Takes a conversation out of the actor's list until a message is sent there again, and what lies up to a seq out of his
 * sight for ever; nobody else is told. What he has not been shown yet is kept from being hidden by naming the seq.
 * @throws TidingsError NOT_FOUND, RATE_LIMITED
 */
export async function hideConversation(
  deps: Deps,
  actor: Actor,
  { conversationId, seq = Number.MAX_SAFE_INTEGER }: HideConversationInput,
): Promise<void> {
  const change = { actor, conversationId, locks: ['messageStreamKey'] } as const
  await changeOwn(deps, change, async (own) => {
    const known = await findHidden(own.at, own.place)
    const head = own.streams.get(own.membership.messageStreamKey)?.head
    if (known === undefined || head === undefined) throw new TidingsError('NOT_FOUND')
    const clearedSeq = Math.max(known.clearedSeq, Math.min(seq, head))
    if (known.hidden === 1 && clearedSeq === known.clearedSeq) return
    await hideUpTo(own.at, own.place, clearedSeq)
    const body: EventOf<'conversation.hidden'>['body'] = { conversationId, clearedSeq }
    await own.tell('conversation.hidden', body)
  })
}

/**
 * From a message on, a conversation counts as unread for the actor again, until he reads it: nobody else is told, and what
 * the others were told as read stays so. It goes back as far as he sees since he came, and does nothing where he has not
 * read yet.
 * @throws TidingsError NOT_FOUND, RATE_LIMITED
 */
export async function markUnread(
  deps: Deps,
  actor: Actor,
  { conversationId, seq }: MarkUnreadInput,
): Promise<void> {
  // Marks are written under the lock of the receipts.
  const change = { actor, conversationId, locks: ['receiptStreamKey'] } as const
  await changeOwn(deps, change, async (own) => {
    const { database } = deps
    const { messageStreamKey: streamKey } = own.membership
    const [marks] = await findMarks(database, own.at.read, [own.place])
    const hidden = await findHidden(own.at, own.place)
    const start = await findSpanStart(own.at, { streamKey, userKey: actor.userKey })
    if (marks === undefined || hidden === undefined || start === undefined)
      throw new TidingsError('NOT_FOUND')
    const unreadFrom = Math.max(seq, start, hidden.clearedSeq + 1)
    if (unreadFrom > ownReadSeqOf(marks) || unreadFrom === marks.unreadFrom) return
    const after = { ...marks, unreadFrom }
    await updateMarks(database, own.at.tx, [after])
    await own.tell('mark.updated', toMarkBody(conversationId, after))
  })
}

/**
 * Sets what the actor wants of a conversation, for himself. What is set already tells nobody anything.
 * @throws TidingsError NOT_FOUND, RATE_LIMITED
 */
export async function updatePreference(
  deps: Deps,
  actor: Actor,
  { conversationId, ...wanted }: UpdatePreferenceInput,
): Promise<Preference> {
  return changeOwn(deps, { actor, conversationId, locks: [] }, async (own) => {
    if ((await findHidden(own.at, own.place)) === undefined) throw new TidingsError('NOT_FOUND')
    const known = await getPreference(own.at, own.place)
    const preference = changed(known, wanted, await own.journal.now())
    if (isSameJson(known, preference)) return known
    await putPreference(own.at, own.place, preference)
    const body: EventOf<'conversation.preferenceUpdated'>['body'] = { conversationId, preference }
    await own.tell('conversation.preferenceUpdated', body)
    return preference
  })
}

function changed(
  known: Preference,
  { mutedUntil, archived, pinned, data }: Omit<UpdatePreferenceInput, 'conversationId'>,
  now: number,
): Preference {
  const pinnedAt = pinned === true ? (known.pinnedAt ?? now) : null
  return {
    mutedUntil: mutedUntil === undefined ? known.mutedUntil : mutedUntil,
    archived: archived ?? known.archived,
    pinnedAt: pinned === undefined ? known.pinnedAt : pinnedAt,
    data: data === undefined ? known.data : data,
  }
}

/** A member's own place, under the locks of his own stream and of those named. */
interface OwnChange {
  readonly journal: JournalTx
  readonly at: Target
  readonly membership: Membership
  readonly place: { readonly conversationKey: number; readonly userKey: number }
  readonly streams: ReadonlyMap<number, StreamRow>
  /** Tells his own devices. */
  tell<Type extends OwnEventType>(type: Type, body: EventOf<Type>['body']): Promise<void>
}

type OwnEventType = 'conversation.hidden' | 'conversation.preferenceUpdated' | 'mark.updated'

/** Whose place in which conversation, and which of its streams are locked besides his own. */
interface OwnChangePlace {
  readonly actor: Actor
  readonly conversationId: string
  readonly locks: readonly ('messageStreamKey' | 'receiptStreamKey')[]
}

async function changeOwn<Result>(
  deps: Deps,
  { actor, conversationId, locks }: OwnChangePlace,
  change: (own: OwnChange) => Promise<Result>,
): Promise<Result> {
  const { database } = deps
  const { userKey, userId } = actor
  takeWrites(deps, actor, 1)
  const membership = await requireMember(database, conversationId, userKey)
  const [person] = await requirePeople(deps, [userId])
  if (person === undefined) throw new TidingsError('NOT_FOUND')
  const { streamKey } = person
  return deps.journal.transact(async (journal) => {
    const streams = await journal.lock([streamKey, ...locks.map((name) => membership[name])])
    const by = { key: userKey, id: userId }
    return change({
      ...{ journal, membership, streams, at: inside(database, journal.tx) },
      place: { conversationKey: membership.conversationKey, userKey },
      async tell(type, body) {
        await journal.append({ streamKey, type, actor: by, body })
      },
    })
  })
}
