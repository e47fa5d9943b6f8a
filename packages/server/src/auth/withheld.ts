import type { Event, EventOf, EventType, Scope } from '@tidings/protocol/wire'
import type { ActorGrant } from './actor.ts'

/**
 * What a client needs, besides the streams' own scopes, to be told of an event in a user's own stream: the scope of the calls that
 * answer the same. Null is for what no application may know.
 */
const NEEDED: Readonly<Partial<Record<EventType, Scope | null>>> = {
  'message.hidden': 'messages:read',
  'notification.created': 'messages:read',
  'notification.updated': 'messages:read',
  'mark.updated': 'conversations:read',
  'conversation.added': 'conversations:read',
  'conversation.hidden': 'conversations:read',
  'conversation.preferenceUpdated': 'conversations:read',
  'user.updated': 'account:read',
  'contact.updated': null,
  'block.updated': null,
}

/**
 * An event as a client is told of it. What it may not know keeps its place, since seqs have no gap: left out, it would be taken
 * for lost and asked for again and again.
 */
export function toEventFor(grant: ActorGrant, event: Event): Event {
  if (!isOwnStream(event.stream)) return event
  // Of a type that nobody has thought of here, nothing is told.
  const scope = NEEDED[event.type] ?? null
  return scope !== null && grant.scopes.has(scope) ? event : toWithheld(event)
}

/** True of a user's own stream, the only one that tells what others in a conversation are not told. */
export function isOwnStream(stream: string): boolean {
  return stream.startsWith('u:')
}

function toWithheld({ stream, seq, tag, timestamp }: Event): EventOf<'event.withheld'> {
  return { stream, seq, tag, timestamp, type: 'event.withheld', body: {} }
}
