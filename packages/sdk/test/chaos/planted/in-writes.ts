import { under, underOnPostgres, waiting, whileRevolving, type Mistake } from './mistake.ts'

const SEND = 'server/src/journal/send.ts'
const SEND_STATE = 'server/src/stores/send-state.ts'
const OPEN_SPANS =
  'const open = await findOpenSpans(database, tx, [...sendersOf(sends), ...mentioned])'
const LOCK = 'const streams = await lockStreams(database, tx, streamKeys)'

/** In how the server writes. */
export const IN_WRITES = {
  'ack-before-commit': {
    what: 'a call is answered before the commit',
    in: 'server',
    ground: under(8_000, 'node-killed'),
    alterations: [
      {
        file: 'server/src/db/sqlite-writer.ts',
        find: 'return { job, transaction, settle: () => job.resolve(result), hasFailed: false }',
        put: `job.resolve(result); ${waiting(5)}; return { job, transaction, settle: () => {}, hasFailed: false }`,
      },
    ],
  },
  'publish-before-commit': {
    what: 'events are pushed before their commit',
    in: 'server',
    ground: under(8_000, 'node-killed'),
    alterations: [
      {
        file: SEND,
        find: 'if (events.length > 0) database.after(tx, () => publish(events))\n    return outcomes',
        put: `publish(events); ${waiting(30)}; return outcomes`,
      },
    ],
  },
  'repeats-refused': {
    what: 'a message that is stored already is refused when it comes again',
    in: 'server',
    ground: under(8_000, 'node-killed', 'wire-ragged'),
    alterations: [
      {
        file: SEND,
        find: 'return { ok: { event: original.event, duplicate: true } }',
        put: "return { error: new TidingsError('IDEMPOTENCY_CONFLICT') }",
      },
    ],
  },
  'repeats-not-looked-for': {
    what: 'nobody looks whether a message is stored already',
    in: 'server',
    ground: under(8_000, 'node-killed', 'wire-ragged'),
    alterations: [
      {
        file: SEND,
        find: 'state.originals.map(originalOf)',
        put: 'state.originals.slice(0, 0).map(originalOf)',
      },
    ],
  },
  'members-before-the-lock': {
    what: 'whether somebody is a member is asked before the lock, not under it',
    in: 'server',
    ground: whileRevolving(underOnPostgres(4_000, 'wire-delayed')),
    alterations: [
      { file: SEND_STATE, find: OPEN_SPANS, put: '' },
      {
        file: SEND_STATE,
        find: LOCK,
        put: `${OPEN_SPANS}\n  ${waiting(100)}\n  ${LOCK}`,
      },
    ],
  },
  'times-by-the-clock': {
    what: 'the time of an event is that of the clock, whatever the one before it has',
    in: 'server',
    ground: under(4_000, 'clock-wrong'),
    alterations: [
      {
        file: 'server/src/journal/numbering.ts',
        find: 'stream.lastTs = Math.max(stream.lastTs + 1, now)',
        put: 'stream.lastTs = now',
      },
    ],
  },
  'answers-crossed': {
    what: 'of messages that are stored together each gets the answer of another',
    in: 'server',
    ground: under(2_000, 'wire-delayed'),
    alterations: [
      {
        file: 'server/src/journal/batch.ts',
        find: 'const outcome = outcomes[index]',
        put: 'const outcome = outcomes[outcomes.length - 1 - index]',
      },
    ],
  },
  'unknown-is-refused': {
    what: 'a commit of unknown outcome is told as a refusal',
    in: 'server',
    ground: underOnPostgres(5_000, 'commit-cut'),
    alterations: [
      {
        file: 'server/src/db/postgres.ts',
        find: "throw new TidingsError('UNKNOWN_RETRY', undefined, { cause: error })",
        put: "throw new TidingsError('FORBIDDEN', undefined, { cause: error })",
      },
    ],
  },
  'failed-commit-is-told-as-done': {
    what: 'who waits for a commit is told that it is done, also when it failed',
    in: 'server',
    ground: under(3_000, 'disk-full'),
    alterations: [
      {
        file: 'server/src/db/sqlite-writer.ts',
        find: 'for (const { job } of all) job.reject(commitFailure(error))',
        put: 'commitFailure(error); for (const { settle } of all) settle()',
      },
    ],
  },
  'commit-not-forced': {
    what: 'Postgres answers a commit before it is on the disk',
    in: 'server',
    ground: underOnPostgres(8_000, 'postgres-crashed'),
    alterations: [
      {
        file: 'server/src/db/postgres-settings.ts',
        find: "'full_page_writes', 'synchronous_commit'",
        put: "'full_page_writes'",
      },
      {
        file: 'server/src/db/postgres-lane.ts',
        find: "application_name: 'tidings',",
        put: "application_name: 'tidings', synchronous_commit: 'off',",
      },
    ],
  },
  'receipts-beyond-head': {
    what: 'a mark may name a message that does not exist yet',
    in: 'server',
    ground: under(3_000, 'wire-delayed'),
    alterations: [
      {
        file: 'server/src/services/mark-commit.ts',
        find: 'const seq = Math.min(mark.seq, row.head)',
        put: 'const seq = mark.seq',
      },
    ],
  },
  'marks-shrink': {
    what: 'the latest mark counts, not the highest',
    in: 'server',
    ground: under(3_000, 'wire-delayed'),
    alterations: [
      {
        file: 'server/src/services/mark-commit.ts',
        find: "if (kind === 'delivered') return { ...row, deliveredSeq: Math.max(row.deliveredSeq, seq) }",
        put: "if (kind === 'delivered') return { ...row, deliveredSeq: seq }",
      },
      {
        file: 'server/src/services/mark-commit.ts',
        find: 'after.deliveredSeq > before.deliveredSeq || isOwnNews({ before, after })',
        put: 'after.deliveredSeq !== before.deliveredSeq || isOwnNews({ before, after })',
      },
      {
        file: 'server/src/services/mark-commit.ts',
        find: 'if (after.deliveredSeq > before.deliveredSeq) {',
        put: 'if (after.deliveredSeq !== before.deliveredSeq) {',
      },
    ],
  },
  'edit-told-not-stored': {
    what: 'an edit is told to everybody, and the message is left as it was',
    in: 'server',
    ground: under(2_000, 'wire-delayed'),
    alterations: [
      {
        file: 'server/src/stores/message-change.ts',
        find: '.set({ body, editedAt, editSeq })',
        put: '.set({ editedAt, editSeq })',
      },
    ],
  },
  'deleted-text-stays': {
    what: 'the text of a deleted message stays in the database',
    in: 'server',
    ground: under(2_000, 'wire-delayed'),
    alterations: [
      {
        file: 'server/src/stores/message-change.ts',
        find: '.set({ body, payloadHash: null })',
        put: '.set({ payloadHash: null })',
      },
    ],
  },
} as const satisfies Readonly<Record<string, Mistake>>
