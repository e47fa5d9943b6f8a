import type { Event } from './event.ts'
import type { CompactPull, MessageRow, Pull, PulledStream, StreamReset } from './sync.ts'

type CompactStream = CompactPull['streams'][number]

/** The answer of `sync.pullCompact` as `sync.pull` would have given it. */
export function expandPull({ epoch, streams }: CompactPull): Pull {
  return { epoch, streams: streams.map(expandStream) }
}

function expandStream(pulled: CompactStream): PulledStream | StreamReset {
  if ('reset' in pulled) return pulled
  const { stream, events } = pulled
  const conversationId = stream.slice(2)
  const expanded: Event[] = events.map((event) =>
    Array.isArray(event) ? expandRow(event, { stream, conversationId }) : event,
  )
  return { ...pulled, events: expanded }
}

interface Place {
  readonly stream: string
  readonly conversationId: string
}

function expandRow(row: MessageRow, { stream, conversationId }: Place): Event {
  const [seq, tag, timestamp, id, senderId, said, clientMessageId, editedAt] = row
  const createdAt = timestamp
  // No body has a field of the name `body`. Written out: an object that is made by spreading costs many times as much.
  const message =
    'body' in said
      ? { id, conversationId, seq, senderId, clientMessageId, ...said, createdAt, editedAt }
      : { id, conversationId, seq, senderId, clientMessageId, body: said, createdAt, editedAt }
  return { stream, seq, tag, timestamp, type: 'message.created', body: { message } }
}
