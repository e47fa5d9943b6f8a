/**
 * The two number tables of the numbered protocol (seed 002, extended). A number is never reused.
 * Calls not listed here have no number and are reached over tRPC.
 */
export const METHODS = {
  20: 'sync.since',
  40: 'message.send',
  41: 'message.delivered',
  42: 'message.read',
  43: 'message.edit',
  44: 'message.delete',
  45: 'message.react',
  50: 'group.create',
  51: 'group.join',
  52: 'group.leave',
  53: 'group.addMembers',
  54: 'group.removeMember',
  55: 'group.update',
  60: 'typing.start',
  61: 'typing.stop',
} as const

/** A method number that is served. */
export type MethodNumber = keyof typeof METHODS

/** The path of a procedure that has a number. */
export type NumberedPath = (typeof METHODS)[MethodNumber]

/**
 * Event numbers. Free for later: 30–39 messages, 43–49 signals, 78 and 79 conversations, 85–89 users.
 * `result` (1) answers a call that carried an `id`; `error` (90) a refused one.
 */
export const EVENTS = {
  result: 1,
  'message.created': 20,
  'message.accepted': 21,
  'message.delivered': 22,
  'message.read': 23,
  'message.edited': 24,
  'message.deleted': 25,
  'message.reacted': 26,
  'mark.updated': 27,
  'message.hidden': 28,
  'sync.caughtUp': 29,
  'typing.started': 40,
  'typing.stopped': 41,
  'presence.changed': 42,
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
  error: 90,
} as const

/** The name of anything that the numbered protocol can push. */
export type NumberedEventName = keyof typeof EVENTS

/** An event number. */
export type EventNumber = (typeof EVENTS)[NumberedEventName]
