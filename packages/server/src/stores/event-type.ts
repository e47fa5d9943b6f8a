import type { EventType } from '@tidings/protocol/wire'

/** Numbers of event types in the database: those of the numbered protocol where it has one for them. */
const TYPE_NUMBERS: Readonly<Record<EventType, number>> = {
  'message.created': 20,
  'message.edited': 24,
  'message.deleted': 25,
  'receipt.updated': 22,
  'mark.updated': 27,
  'conversation.added': 70,
  'group.updated': 71,
  'member.joined': 72,
  'member.left': 73,
}

/** Every type with its number. */
export const EVENT_TYPES: readonly (readonly [type: EventType, number: number])[] = Object.entries(
  TYPE_NUMBERS,
).flatMap(([type, number]) => (isEventType(type) ? [[type, number] as const] : []))

const TYPES: ReadonlyMap<number, EventType> = new Map(
  EVENT_TYPES.map(([type, number]) => [number, type]),
)

function isEventType(type: string): type is EventType {
  return Object.hasOwn(TYPE_NUMBERS, type)
}

/** The number under which a type is stored. */
export function typeToNumber(type: EventType): number {
  return TYPE_NUMBERS[type]
}

/** The type stored under a number; throws on one that this version does not know. */
export function typeOfNumber(number: number): EventType {
  const type = TYPES.get(number)
  if (type === undefined) throw new Error(`event type ${number} is unknown to this version`)
  return type
}
