import type { EventOf } from '../event.ts'
import { EVENTS } from '../numbers.ts'
import type { Frame } from './frames.ts'

/** What stands before the body of every frame of an event. */
interface Head {
  readonly timestamp: number
  readonly id: string
}

/** An event about who may write, who may come in, and how people stand with one another. */
type PeopleEvent = EventOf<(typeof TYPES)[number]>

const TYPES = [
  'member.muted',
  'member.banned',
  'user.updated',
  'contact.updated',
  'block.updated',
] as const

/** Whether an event is such a one. */
export function isAboutPeople(event: { readonly type: string }): event is PeopleEvent {
  return TYPES.some((type) => type === event.type)
}

/** The frame of such an event. */
export function toPeopleFrame(event: PeopleEvent, head: Head): Frame {
  const user = { user_id: event.body.userId }
  switch (event.type) {
    case 'member.muted': {
      const { conversationId, barredUntil } = event.body
      const body = { group_id: conversationId, ...user, barred_until: barredUntil }
      return { type: EVENTS['member.muted'], ...head, body }
    }
    case 'member.banned': {
      const { conversationId, banned } = event.body
      const body = { group_id: conversationId, ...user, banned }
      return { type: EVENTS['member.banned'], ...head, body }
    }
    case 'user.updated':
      return { type: EVENTS['user.updated'], ...head, body: user }
    case 'contact.updated': {
      const { state } = event.body
      return { type: EVENTS['contact.updated'], ...head, body: { ...user, state } }
    }
    case 'block.updated': {
      const { blocked } = event.body
      return { type: EVENTS['block.updated'], ...head, body: { ...user, blocked } }
    }
  }
}
