import type { DurableStream } from '../../../server/test/e2e/support/durable.ts'
import type { Event } from '../../src/index.ts'
import { ACCEPTED } from './clients/heard-so-far.ts'
import type { Note } from './clients/notes.ts'
import type { Noted } from './history.ts'
import { lostIn } from './restores.ts'
import type { Evidence, Violation } from './evidence.ts'

type Heard = Extract<Note, { kind: 'heard' }>

/**
 * What a numbered client must have heard: everything of its conversations, since it proves nothing itself, again on another connection
 * perhaps, but on each in order and once; nothing that is not there, and nothing of a time when it was not in.
 */
export function checkHeard(
  { member, notes }: Noted,
  { durable, restores }: Pick<Evidence, 'durable' | 'restores'>,
): readonly Violation[] {
  const { streams } = durable
  const lost = new Set(
    [...lostIn(restores, durable)].flatMap(([name, { events }]) =>
      events.map(({ seq }) => `${name}:${seq}`),
    ),
  )
  const heard = new Map<string, Heard>()
  const last = new Map<string, number>()
  const found: Violation[] = []
  const violate = (what: string, detail: string) =>
    void found.push({ what, detail: `${member.name}: ${detail}` })
  for (const note of notes) {
    if (note.kind !== 'heard' || !note.stream.startsWith('m:')) continue
    const place = `${note.stream}:${note.seq}`
    const event = streams.get(note.stream)?.events[note.seq - 1]
    if (lost.has(place)) continue
    if (event === undefined) violate('I5', `${place} was heard and is not there`)
    else if (!isSeen(streams.get(note.stream), member.userId, note.seq))
      violate('I6', `${place} was heard by somebody who was not in`)
    heard.set(place, note)
    // It answers a call, and may come before what others have said earlier.
    if (note.type === ACCEPTED) continue
    const line = `${note.connection} ${note.stream}`
    if (note.seq <= (last.get(line) ?? 0)) violate('I2', `${place} came late or twice`)
    last.set(line, Math.max(last.get(line) ?? 0, note.seq))
  }
  for (const [name, stream] of streams) {
    if (!name.startsWith('m:')) continue
    const missed = stream.events.find(
      (event) =>
        isSeen(stream, member.userId, event.seq) &&
        isFrame(event, member.userId) &&
        !lost.has(`${name}:${event.seq}`) &&
        !heard.has(`${name}:${event.seq}`),
    )
    if (missed !== undefined) violate('I9', `${name}:${missed.seq} was never heard`)
  }
  return found
}

function isSeen(stream: DurableStream | undefined, userId: string, seq: number): boolean {
  return (
    stream?.spans.some(
      (span) => span.userId === userId && span.from <= seq && seq <= (span.to ?? Infinity),
    ) === true
  )
}

/** Nobody is told of his own coming by a frame of the conversation. */
function isFrame(event: Event, userId: string): boolean {
  return event.type !== 'member.joined' || event.body.userId !== userId
}
