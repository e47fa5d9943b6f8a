import {
  LIMITS,
  TidingsError,
  type Message,
  type Reaction,
  type ReactInput,
} from '@tidings/protocol/wire'
import { storedOf, toMessage } from '../journal/event.ts'
import type { Reader } from '../db/database.ts'
import { listReactions, type ReactionRow } from '../stores/reaction.ts'
import type { Actor } from './actor.ts'
import type { Deps } from './deps.ts'
import { toEventActor } from './group/roster.ts'
import { isDeleted, lockMessage } from './locked-message.ts'
import { takeSends } from './write-limit.ts'

/**
 * Gives the actor's reaction to a message that he sees, or takes it back. What is so already tells nobody anything.
 * Answers the message with the reactions that it has now.
 * @throws TidingsError NOT_FOUND (also for a message that was deleted, or that he has hidden), TOO_MANY_REACTIONS, RATE_LIMITED;
 * MUTED and FORBIDDEN when he may not write now
 */
export async function reactToMessage(
  deps: Deps,
  actor: Actor,
  input: ReactInput,
): Promise<Message> {
  takeSends(deps, actor, [input])
  const { reaction, remove: removed = false } = input
  // Taking back says nothing, as a deletion does not: who may not write may do both.
  const named = { actor, ref: input, shown: true, writes: !removed }
  return lockMessage(deps, named, async ({ journal, message }) => {
    if (isDeleted(message)) throw new TidingsError('NOT_FOUND')
    const { streamKey, seq } = message
    const reading = { deps, actor, streamKey, reader: journal.tx }
    const before = await readReactions(reading, { fromSeq: seq, toSeq: seq })
    const known = before.find((row) => row.reaction === reaction)
    if ((known?.own ?? false) === removed) {
      if (known === undefined && before.length >= LIMITS.messageReactions)
        throw new TidingsError('TOO_MANY_REACTIONS')
      const count = (known?.count ?? 0) + (removed ? -1 : 1)
      const change = { reaction, removed, count }
      await journal.reactTo(message, { actor: toEventActor(actor), reaction: change })
    }
    const [changed] = await withReactions(reading, [toMessage(storedOf(message))])
    if (changed === undefined) throw new Error('a message has gone on the way')
    return changed
  })
}

/** Whose view is read, of which stream; inside a transaction by its reader. */
export interface Reading {
  readonly deps: Deps
  readonly actor: Actor
  readonly streamKey: number
  readonly reader?: Reader | undefined
}

/** Messages of one stream with the reactions to them, in the order of their texts. */
export async function withReactions(
  reading: Reading,
  messages: readonly Message[],
): Promise<Message[]> {
  if (messages.length === 0) return []
  const seqs = messages.map(({ seq }) => seq)
  const range = { fromSeq: Math.min(...seqs), toSeq: Math.max(...seqs) }
  const rows = await readReactions(reading, range)
  if (rows.length === 0) return [...messages]
  return messages.map((message) => {
    const own = rows.filter(({ seq }) => seq === message.seq)
    if (own.length === 0) return message
    // As clients sort them, by UTF-16 code units.
    const reactions = own.map(toReaction).sort((a, b) => (a.reaction < b.reaction ? -1 : 1))
    return { ...message, reactions }
  })
}

function readReactions(
  { deps: { database }, actor: { userKey }, streamKey, reader = database.read }: Reading,
  range: { readonly fromSeq: number; readonly toSeq: number },
): Promise<readonly ReactionRow[]> {
  return listReactions(database, reader, { streamKey, userKey, ...range })
}

function toReaction({ reaction, count, own }: ReactionRow): Reaction {
  return { reaction, count, own }
}
