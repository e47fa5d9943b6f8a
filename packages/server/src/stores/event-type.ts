import type { EventType } from '@tidings/protocol/wire'

/** A type that is written. What is withheld is one only on its way to an application. */
export type StoredEventType = Exclude<EventType, 'event.withheld'>

/** Numbers of event types in the database: those of the numbered protocol where it has one for them. */
const TYPE_NUMBERS: Readonly<Record<StoredEventType, number>> = {
  'message.created': 20,
  'message.edited': 24,
  'message.deleted': 25,
  'message.reacted': 26,
  'receipt.updated': 22,
  'mark.updated': 27,
  'message.hidden': 28,
  'conversation.added': 70,
  'group.updated': 71,
  'member.joined': 72,
  'member.left': 73,
  'conversation.hidden': 74,
  'conversation.preferenceUpdated': 75,
  'member.muted': 76,
  'member.banned': 77,
  'notification.created': 80,
  'user.updated': 81,
  'contact.updated': 82,
  'block.updated': 83,
  'notification.updated': 84,
}

/** Every type with its number. */
export const EVENT_TYPES: readonly (readonly [type: StoredEventType, number: number])[] =
  Object.entries(TYPE_NUMBERS).flatMap(([type, number]) =>
    isEventType(type) ? [[type, number] as const] : [],
  )

const TYPES: ReadonlyMap<number, StoredEventType> = new Map(
  EVENT_TYPES.map(([type, number]) => [number, type]),
)

function isEventType(type: string): type is StoredEventType {
  return Object.hasOwn(TYPE_NUMBERS, type)
}

/** The number under which a type is stored. */
export function typeToNumber(type: StoredEventType): number {
  return TYPE_NUMBERS[type]
}

/** The type stored under a number; throws on one that this version does not know. */
export function typeOfNumber(number: number): StoredEventType {
  const type = TYPES.get(number)
  if (type === undefined) throw new Error(`event type ${number} is unknown to this version`)
  return type
}
