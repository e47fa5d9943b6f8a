import { LIMITS } from '@tidings/protocol/wire'
import { check } from '../../../server/test/checker/check.ts'
import type { HistoryRecord } from '../../../server/test/checker/history.ts'
import type { Durable, DurableStream } from '../../../server/test/e2e/support/durable.ts'
import type { Message } from '../../src/index.ts'
import type { ShownConversation } from './clients/orders.ts'
import type { Evidence, Violation } from './evidence.ts'
import { checkHeard } from './heard.ts'
import { firstRestore, lostIn, type Restore } from './restores.ts'
import { ledgerOf, recordsOf, type Noted } from './history.ts'

/** Everything that is wrong with a round; empty when it kept every promise. */
export function judge(evidence: Evidence): readonly Violation[] {
  const { durable, noted, shown } = evidence
  return [
    ...checkHistory(evidence),
    ...[...durable.streams.values()].flatMap((stream) => checkSound(stream, evidence)),
    ...checkMessages(evidence),
    ...noted.flatMap((one) => checkMet(one, evidence)),
    ...shown.flatMap((one) => checkShown(one, durable)),
    ...noted.flatMap((one) => (one.member.isNumbered ? checkHeard(one, evidence) : [])),
  ]
}

/** What an app has met that it should not meet. */
function checkMet({ member, notes }: Noted, { mayTell, restores }: Evidence): readonly Violation[] {
  const restoredAt = firstRestore(restores)
  return notes.flatMap((note) => {
    // What was said of something that is lost, or in it, finds nothing.
    const isOfLost = note.t > restoredAt
    if (note.kind === 'broken' && isOfLost && note.what.endsWith(': NOT_FOUND')) return []
    if (note.kind === 'error' && isOfLost && note.code === 'NOT_FOUND') return []
    if (note.kind === 'broken') return [{ what: 'met', detail: `${member.name}: ${note.what}` }]
    if (note.kind !== 'error' || mayTell.includes(note.code)) return []
    return [{ what: 'met', detail: `${member.name} was told of ${note.code}` }]
  })
}

function checkHistory(evidence: Evidence): readonly Violation[] {
  const { noted, durable, isPrompt, excuses } = evidence
  const end = Date.now()
  const streams = ledgerOf(durable, lostIn(evidence.restores, durable), isPrompt)
  const keeping = noted.filter(({ member }) => !member.isNumbered)
  const records: HistoryRecord[] = [
    ...keeping.flatMap((one) => recordsOf(one, isPrompt)),
    ...evidence.restores.map(({ t }) => ({ kind: 'restore', t }) as const),
    ...excuses.map(([t, untilT]) => ({ kind: 'excuse', t, untilT }) as const),
    ...keeping.map(({ member }) => ({ kind: 'end', t: end, device: member.name }) as const),
  ]
  records.sort((one, other) => one.t - other.t)
  const found = check({ records, ledger: { streams } })
  return found.map(({ invariant, detail }) => ({ what: invariant, detail }))
}

/** Numbers without a gap from 1, times that grow, marks that never shrink and name nothing that is not there. */
function checkSound(
  stream: DurableStream,
  { durable: { streams }, revolving }: Evidence,
): readonly Violation[] {
  const { name, head, headTag, events } = stream
  const found: string[] = []
  if (events.some(({ seq }, at) => seq !== at + 1) || events.length !== head)
    found.push(`${name} has ${events.length} events up to ${head}, or a hole`)
  if ((events.at(-1)?.tag ?? 0) !== headTag) found.push(`${name} has another tag at its head`)
  if (events.some(({ timestamp }, at) => timestamp <= (events[at - 1]?.timestamp ?? 0)))
    found.push(`${name} has times that do not grow`)
  const messages = streams.get(`m:${name.slice(2)}`)?.head ?? 0
  const marks = new Map<string, number>()
  for (const event of events) {
    if (event.type !== 'receipt.updated') continue
    for (const { kind, userId, from, to } of event.body.receipts) {
      const before = marks.get(`${kind} ${userId}`) ?? 0
      marks.set(`${kind} ${userId}`, to)
      // Who comes back begins where he has come in.
      const isFollowing = name === `r:${revolving}` ? from >= before : from === before
      if (!isFollowing || to <= from || to > messages)
        found.push(
          `${name}:${event.seq} marks ${kind} from ${from} (${before}) to ${to} of ${messages}`,
        )
    }
  }
  return found.map((detail) => ({ what: 'unsound', detail }))
}

/** What a device has said, and what it knows of it. */
interface Asked {
  readonly device: string
  readonly stream: string
  isKept: boolean
  /** It was acknowledged before it was kept. */
  isEarly: boolean
  ok: { readonly seq: number; readonly tag: number } | undefined
  failed: string | undefined
  /** The text as it was said, and after each change; null for its deletion. */
  readonly texts: (string | null)[]
  /** The last of them that was acknowledged. */
  answered: number
}

/** What was said is in the database as it was said: once, where the acknowledgement says, and nothing else is there. */
function checkMessages({ noted, durable, revolving, restores }: Evidence): readonly Violation[] {
  const found: Violation[] = []
  const asked = new Map<string, Asked>()
  for (const { member, notes } of noted) gatherAsked(asked, member, notes)
  const lost = lostMessages(restores, durable)
  for (const [who, one] of asked) {
    // Acknowledged and lost, or said again after that: what was known of it holds no more.
    if (lost.has(who)) Object.assign(one, { ok: undefined, isEarly: false })
    if (restores.length > 0) one.answered = 0
  }
  const numbered = new Set(
    noted.flatMap(({ member }) => (member.isNumbered ? [member.userId] : [])),
  )
  for (const { name, events } of durable.streams.values()) {
    for (const event of events) {
      if (event.type !== 'message.created') continue
      const { senderId, clientMessageId } = event.body.message
      const one = asked.get(`${senderId} ${clientMessageId ?? ''}`)
      asked.delete(`${senderId} ${clientMessageId ?? ''}`)
      if (one !== undefined && numbered.has(senderId)) one.isKept = true
      const what = `${name}:${event.seq} (${clientMessageId ?? 'no key'})`
      if (one === undefined)
        found.push({ what: 'phantom', detail: `${what}: said by nobody, or twice` })
      else
        for (const detail of faultsOf(one, event.body.message, event))
          found.push({ what: 'message', detail: `${what}: ${detail}` })
    }
  }
  for (const [who, { device, stream, ok, isKept, texts, failed }] of asked) {
    const isTakenBack = texts.includes(null)
    const mayBeOut = stream === `m:${revolving}` || !durable.streams.has(stream)
    const isOut = mayBeOut && failed === 'NOT_FOUND'
    if (lost.has(who)) continue
    if (ok !== undefined || (isKept && !isTakenBack && !isOut))
      found.push({ what: 'lost', detail: `${who} of ${device} in ${stream} is nowhere` })
  }
  return found
}

/** By sender and key. */
function lostMessages(restores: readonly Restore[], durable: Durable): ReadonlySet<string> {
  const lost = [...lostIn(restores, durable).values()].flatMap(({ events }) => events)
  return new Set(
    lost.flatMap((event) =>
      event.type === 'message.created'
        ? [`${event.body.message.senderId} ${event.body.message.clientMessageId ?? ''}`]
        : [],
    ),
  )
}

function gatherAsked(
  asked: Map<string, Asked>,
  { name: device, userId }: Noted['member'],
  notes: Noted['notes'],
): void {
  const of = (key: string): Asked | undefined => asked.get(`${userId} ${key}`)
  for (const note of notes) {
    if (note.kind === 'said')
      asked.set(`${userId} ${note.key}`, {
        ...{
          device,
          stream: note.stream,
          isKept: false,
          isEarly: false,
          ok: undefined,
          failed: undefined,
        },
        ...{ texts: [note.key], answered: 0 },
      })
    if (note.kind === 'boot')
      for (const { key } of note.outbox) Object.assign(of(key) ?? {}, { isKept: true })
    if (note.kind === 'out') Object.assign(of(note.key) ?? {}, { isKept: true })
    if (note.kind === 'ok') {
      const one = of(note.key)
      if (one !== undefined) Object.assign(one, { ok: note, isEarly: !one.isKept })
    }
    // A numbered client keeps nothing: what is acknowledged to it must be there, what is not may be.
    if (note.kind === 'acked') Object.assign(of(note.key) ?? {}, { isKept: true })
    if (note.kind === 'fail') Object.assign(of(note.key) ?? {}, { failed: note.code })
    if (note.kind === 'change') of(note.key)?.texts.push(note.text)
    if (note.kind === 'changed') {
      const one = of(note.key)
      if (one !== undefined) one.answered = Math.max(one.answered, note.number)
    }
  }
}

function faultsOf(
  { isKept, isEarly, ok, texts, answered, stream }: Asked,
  message: Message,
  { seq, tag }: { readonly seq: number; readonly tag: number },
): readonly string[] {
  const faults: string[] = []
  const text = textOf(message)
  if (stream !== `m:${message.conversationId}`) faults.push(`was said in ${stream}`)
  if (!isKept || isEarly) faults.push('has left before it was kept')
  if (ok !== undefined && (ok.seq !== seq || ok.tag !== tag))
    faults.push(`was acknowledged as ${ok.seq} with tag ${ok.tag}, not ${tag}`)
  if (!texts.slice(answered).includes(text))
    faults.push(`says ${text ?? 'nothing'}, after ${answered} of ${JSON.stringify(texts)}`)
  return faults
}

/** Null when it is deleted. */
function textOf({ body }: Message): string | null {
  return 'text' in body ? body.text : null
}

/** What a client shows is what the database has, down to unread counts and ticks. */
function checkShown(shown: ShownConversation, { streams }: Durable): readonly Violation[] {
  const { device, userId, conversationId, messages: items } = shown
  const events = streams.get(`m:${conversationId}`)?.events ?? []
  const messages = events.flatMap((event) =>
    event.type === 'message.created' ? [event.body.message] : [],
  )
  const marks = marksOf(streams.get(`r:${conversationId}`))
  const spans = streams.get(`m:${conversationId}`)?.spans ?? []
  const others = spans
    .filter((span) => span.userId !== userId && span.to === null)
    .map((span) => span.userId)
  const expected = messages.map((message) => {
    const { id, seq, senderId, clientMessageId } = message
    const tick = tickOf(message, userId, { marks, others })
    return [id, seq, senderId, clientMessageId, textOf(message), tick].join(' ')
  })
  const seen = items.map(({ id, seq, senderId, key, text, state, pending }) =>
    [id, seq, senderId, key, text, pending ? 'pending' : state].join(' '),
  )
  const differing = expected.findIndex((line, place) => line !== seen[place])
  const at = differing === -1 ? expected.length : differing
  const readSeq = marks.get(`read ${userId}`) ?? 0
  const counted = messages.filter(
    ({ senderId, seq, body }) => senderId !== userId && seq > readSeq && body.kind !== 'deleted',
  ).length
  const unread = Math.min(counted, LIMITS.unreadCount)
  const found: string[] = []
  if (differing !== -1 || seen.length !== expected.length)
    found.push(
      `shows ${seen.length} of ${expected.length}: ${seen[at] ?? 'no more'} for ${expected[at] ?? 'no more'}`,
    )
  if (shown.unread !== unread) found.push(`${shown.unread} unread in place of ${unread}`)
  if (shown.readSeq !== readSeq)
    found.push(`has read up to ${shown.readSeq} in place of ${readSeq}`)
  const last = messages.at(-1)?.seq
  if ((shown.lastSeq ?? undefined) !== last)
    found.push(`last message ${shown.lastSeq} in place of ${last}`)
  return found.map((detail) => ({
    what: 'shown',
    detail: `${device}, ${conversationId}: ${detail}`,
  }))
}

interface Others {
  readonly marks: ReadonlyMap<string, number>
  /** Members but for the user. */
  readonly others: readonly string[]
}

/** How far what there is was delivered to each member, and read by him, by kind and user id. */
function marksOf(stream: DurableStream | undefined): ReadonlyMap<string, number> {
  const marks = new Map<string, number>()
  for (const event of stream?.events ?? []) {
    if (event.type !== 'receipt.updated') continue
    for (const { kind, userId, to } of event.body.receipts) marks.set(`${kind} ${userId}`, to)
  }
  return marks
}

/** An own message is delivered, and read, when every other member's mark has passed it. */
function tickOf({ senderId, seq }: Message, userId: string, { marks, others }: Others): string {
  if (senderId !== userId) return 'received'
  const isByAll = (kind: string): boolean =>
    others.length > 0 && others.every((other) => (marks.get(`${kind} ${other}`) ?? 0) >= seq)
  return isByAll('read') ? 'read' : isByAll('delivered') ? 'delivered' : 'sent'
}
