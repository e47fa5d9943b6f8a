import type { Event, EventOf, Message } from '@tidings/protocol/wire'
import { reacted } from './reduce.ts'
import type { RowChange } from './rows.ts'
import type { Tables } from './tables.ts'

/** An event that says something of an earlier message. */
export type EventAbout =
  EventOf<'message.edited'> | EventOf<'message.deleted'> | EventOf<'message.reacted'>

export function isAbout(event: Event): event is EventAbout {
  const { type } = event
  return type === 'message.edited' || type === 'message.deleted' || type === 'message.reacted'
}

/** Messages with what has changed since they were asked for. */
export function withEdits(
  messages: readonly Message[],
  since: readonly EventAbout[],
): readonly Message[] {
  const latest = new Map<string, Message>()
  for (const event of since)
    if (event.type !== 'message.reacted') latest.set(event.body.message.id, event.body.message)
  return messages.map((message) => {
    const after = latest.get(message.id)
    if (after === undefined) return message
    // The server's answer may be older than the change, but no reaction of it is lost.
    return after.body.kind === 'deleted' || message.reactions === undefined
      ? after
      : { ...after, reactions: message.reactions }
  })
}

/** What has become of the reactions since the messages were asked for. */
export function reactedSince(tables: Tables, since: readonly EventAbout[]): RowChange[] {
  return since.flatMap((event): RowChange[] => {
    if (event.type === 'message.reacted') return reacted(tables, event)
    const { conversationId: id, seq } = event.body.message
    return event.type === 'message.edited' ? [] : [{ table: 'reactions', id, from: seq, upTo: seq }]
  })
}
