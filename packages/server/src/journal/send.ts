import { TidingsError } from '@tidings/protocol/wire'
import type { Database, Tx } from '../db/database.ts'
import { insertEvents, type EventRow } from '../stores/event.ts'
import { insertMentions, type MentionRow } from '../stores/mention.ts'
import { lockForSends, type SendKey } from '../stores/send-state.ts'
import { updateHeads } from '../stores/stream.ts'
import type { Outcome } from './batch.ts'
import { toStored } from './content.ts'
import { storedOf } from './event.ts'
import type { EventActor, MessageAppend, MessageAppended, StoredEvent } from './journal.ts'
import { number, openStream, type NumberedEvent, type OpenStream } from './numbering.ts'
import type { Publish } from './transact.ts'

/**
 * Commits messages in one transaction: (1) lock the streams, (2) in later statements look up the idempotency keys and
 * the memberships, dropping what is refused or repeated, (3) number and insert, (4) commit, then publish.
 */
export function commitMessages(
  database: Database,
  publish: Publish,
  take: () => readonly MessageAppend[],
): Promise<readonly Outcome<MessageAppended>[]> {
  const work = async (tx: Tx) => {
    const messages = take()
    const decision = await readUnderLock(database, tx, messages)
    const now = await database.now(tx)
    const outcomes = messages.map((message) => decide(decision, message, now))
    await write(database, tx, decision)
    const events = decision.numbered.map(({ stored }) => stored)
    if (events.length > 0) database.after(tx, () => publish(events))
    return outcomes
  }
  return database.tx(work, { priority: 'high' })
}

/** What the decisions of one batch rest on, and what they have come to so far. */
interface Decision {
  readonly streams: ReadonlyMap<number, OpenStream>
  /** By {@link sendKey}: sends of earlier batches and of this one. */
  readonly sends: Map<string, { event: StoredEvent; payloadHash: number | null }>
  /** By {@link pairKey}: until when each of the members may not write; null when he may. */
  readonly members: ReadonlyMap<string, number | null>
  readonly numbered: NumberedEvent[]
  /** Whom messages of this batch mention. */
  readonly mentions: MentionRow[]
}

async function readUnderLock(
  database: Database,
  tx: Tx,
  messages: readonly MessageAppend[],
): Promise<Decision> {
  const state = await lockForSends(database, tx, {
    sends: messages.map(toSendKey),
    mentioned: messages.flatMap(mentionedIn),
  })
  return {
    streams: new Map(state.streams.map((row) => [row.key, openStream(row)])),
    sends: new Map(state.originals.map(originalOf)),
    members: new Map(
      state.open.map((span) => [pairKey(span.streamKey, span.userKey), span.barredUntil]),
    ),
    numbered: [],
    mentions: [],
  }
}

function toSendKey({ streamKey, actor, clientMessageId }: MessageAppend): SendKey {
  return { streamKey, actorKey: actor.key, clientMessageId }
}

function mentionedIn({ streamKey, beside }: MessageAppend) {
  return beside?.mentions.map(({ key }) => ({ streamKey, userKey: key })) ?? []
}

function originalOf(row: EventRow) {
  const key = `${pairKey(row.streamKey, row.actorKey ?? 0)}:${row.clientMessageId ?? ''}`
  return [key, { event: storedOf(row), payloadHash: row.payloadHash }] as const
}

function decide(decision: Decision, message: MessageAppend, now: number): Outcome<MessageAppended> {
  const { streamKey, actor, clientMessageId, payloadHash } = message
  const stream = decision.streams.get(streamKey)
  if (stream?.name !== message.stream) return { error: new TidingsError('NOT_FOUND') }
  const key = clientMessageId && `${pairKey(streamKey, actor.key)}:${clientMessageId}`
  const original = key && decision.sends.get(key)
  if (original) {
    // Of a deleted message nothing is left to compare with: its id stands for it all the same.
    if (original.payloadHash !== null && original.payloadHash !== payloadHash)
      return { error: new TidingsError('IDEMPOTENCY_CONFLICT') }
    return { ok: { event: original.event, duplicate: true } }
  }
  const barredUntil = decision.members.get(pairKey(streamKey, actor.key))
  if (barredUntil === undefined) return { error: new TidingsError('NOT_FOUND') }
  if (barredUntil !== null && barredUntil > now) return { error: new TidingsError('FORBIDDEN') }
  if (message.beside?.refusal !== undefined) return { error: message.beside.refusal }
  const mentioned = mentionedBy(message, decision.members)
  const numbered = number(stream, unnumbered(message, mentioned), now)
  decision.numbered.push(numbered)
  const { seq } = numbered.stored
  for (const { key: userKey } of mentioned)
    if (userKey !== actor.key) decision.mentions.push({ streamKey, seq, userKey })
  if (key) decision.sends.set(key, { event: numbered.stored, payloadHash })
  return { ok: { event: numbered.stored, duplicate: false } }
}

function unnumbered(message: MessageAppend, mentioned: readonly EventActor[]) {
  const { actor, messageId, clientMessageId, payloadHash } = message
  return {
    type: 'message.created',
    actor,
    body: storedBody(message, mentioned),
    messageId,
    clientMessageId: clientMessageId ?? null,
    payloadHash,
  } as const
}

const NOBODY: readonly EventActor[] = []

function mentionedBy(
  { streamKey, beside }: MessageAppend,
  members: Decision['members'],
): readonly EventActor[] {
  if (beside === undefined) return NOBODY
  return beside.mentions.filter(({ key }) => members.has(pairKey(streamKey, key)))
}

function storedBody({ body, beside }: MessageAppend, mentioned: readonly EventActor[]) {
  if (beside === undefined) return body
  return toStored({ body, replyTo: beside.replyTo, mentions: mentioned.map(({ id }) => id) })
}

async function write(database: Database, tx: Tx, decision: Decision): Promise<void> {
  if (decision.numbered.length === 0) return
  const rows = decision.numbered.map(({ row }) => row)
  await insertEvents(database, tx, rows)
  if (decision.mentions.length > 0) await insertMentions(database, tx, decision.mentions)
  const moved = new Set(rows.map((row) => row.streamKey))
  await updateHeads(
    database,
    tx,
    [...decision.streams.values()].filter(({ key }) => moved.has(key)),
  )
}

function pairKey(streamKey: number, userKey: number): string {
  return `${streamKey}:${userKey}`
}
