/**
 * Mistakes that real systems have made, each a single decision altered in the model, in the simulated node or in what
 * wraps the real engine and the real pump. The simulation must notice every one of them.
 */
export const BUGS = {
  'cursor-by-bigserial':
    'numbers are drawn from a sequence without the lock: a later commit has a lower number',
  'cursor-by-timestamp':
    'a pull continues with rows later than the position in time, and times may be equal',
  'publish-before-commit': 'rows go to the pump when they are written, not when they are committed',
  'ack-before-commit': 'the sender gets its answer before the commit',
  'counter-outside-transaction':
    'the head is raised in a transaction of its own, before the row is there',
  'membership-before-lock': 'membership is checked when the request comes in',
  'membership-in-one-statement':
    'membership is checked by the statement that then waits for the lock',
  'subscribe-after-fetch': 'a connection is told to fetch and registered for pushes a moment later',
  'pumped-after-connections': 'a stream that is new to a node counts as pumped up to its head',
  'first-look-newest-only': 'the first look into a stream takes its newest row alone',
  'time-not-clamped': 'method 20 takes the time as it comes: the future and NaN too',
  'missing-cursor-read-as-time': 'without a device cursor the time of method 20 decides',
  'time-instead-of-cursor': 'the time of method 20 decides, whatever the device cursor says',
  'cursor-on-write': 'a device cursor moves when an event is written to the socket',
  'future-waits': 'a position beyond the head is answered with nothing, and waits',
  'epoch-ignored': 'a client goes on in another epoch as if nothing had happened',
  'floor-ignored': 'a position below the floor is answered with what is left',
  'rollback-leaves-hole': 'a number that was rolled back is not used again',
  'dedupe-in-memory': 'a node remembers clientMessageIds, the database does not',
  'dedupe-without-sender': 'a clientMessageId is unique in its conversation, whoever sends it',
  'outbox-not-fifo': 'an outbox sends everything at once',
  'outbox-cleared-on-send':
    'a message leaves the outbox when it is sent, not when it is acknowledged',
  'receipt-without-max': 'a receipt sets the mark, also backwards',
  'receipt-beyond-head': 'a receipt may name a message that does not exist yet',
  'leaving-told-to-nobody': 'a push goes to those who are in now, and not to one who has just left',
  'span-end-ignored': 'a pull goes on after the end of the span',
  'edit-beside-the-message': 'an edit is told, and the message itself stays as it was sent',
  'edit-shown-to-newcomers': 'an edit shows a message to whoever sees the edit',
  'deletion-forgets-edits': 'a deletion leaves what the edits of the message said',
  'anti-entropy-off': 'nodes rely on hints alone',
  'check-forgets-clock':
    'a head check looks back from its last time, also when the clock has gone back',
  'mark-before-pulls':
    'the watermark is saved when the heads have come, not when everything is pulled',
  'position-before-events': 'the position is saved first, and the events a moment later',
  'heads-without-margin': 'heads are asked for exactly since the watermark',
  'behind-not-told': 'a reader who was skipped is not told so',
} as const

export type Bug = keyof typeof BUGS

export const BUG_NAMES: readonly Bug[] = Object.keys(BUGS).filter(
  (name): name is Bug => name in BUGS,
)
