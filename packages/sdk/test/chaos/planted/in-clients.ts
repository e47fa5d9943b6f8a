import { thenSilent, under, type Mistake } from './mistake.ts'

const OUTBOX = 'sdk/src/outbox.ts'
const LANE = 'sdk/src/lane.ts'

/** In the clients. */
export const IN_CLIENTS = {
  'position-before-data': {
    what: 'the position is kept first, and what it covers a moment later',
    in: 'clients',
    ground: under(8_000, 'clients-killed', 'wire-stalled'),
    alterations: [
      {
        file: 'sdk/src/store/kept-rows.ts',
        find: 'this.#write(step, this.#takeReceived())',
        put: `const isPosition = (change: RowChange) => change.table === 'position'
    this.#write(step.filter(isPosition), this.#takeReceived())
    setTimeout(() => this.#write(step.filter((change) => !isPosition(change))), 30)`,
      },
    ],
  },
  'outbox-forgets-on-send': {
    what: 'a message leaves the outbox when it is sent, not when it is acknowledged',
    in: 'clients',
    ground: under(8_000, 'clients-killed', 'wire-stalled'),
    alterations: [
      {
        file: OUTBOX,
        find: 'for (const { entry } of departures) entry.attempted = true',
        put: `for (const { entry, row } of departures) {
      entry.attempted = true
      rows.put(row.order, undefined)
    }`,
      },
    ],
  },
  'outbox-not-taken-up': {
    what: 'what an earlier run of the program has left in the outbox stays there',
    in: 'clients',
    ground: under(8_000, 'clients-killed', 'wire-stalled'),
    alterations: [
      {
        file: OUTBOX,
        find: 'for (const row of [...rows].reverse()) {',
        put: 'for (const row of rows.slice(0, 0)) {',
      },
    ],
  },
  'sent-before-kept': {
    what: 'a message leaves before its row is kept',
    in: 'clients',
    ground: under(8_000, 'clients-killed', 'wire-stalled'),
    alterations: [
      {
        file: OUTBOX,
        find: `this.#options.rows.put(entry.order, row, () => {
      // It may say something else by now.
      if (entry.said !== row) return
      entry.row = row
      this.#schedule()
    })`,
        put: `entry.row = row
    this.#schedule()
    setTimeout(() => this.#options.rows.put(entry.order, row), 30)`,
      },
    ],
  },
  'last-said-leaves-first': {
    what: 'what was said last in a conversation leaves first',
    in: 'clients',
    ground: under(3_000, 'wire-delayed'),
    alterations: [
      {
        file: OUTBOX,
        find: 'this.#laneOf(conversationId).entries.push(entry)',
        put: 'this.#laneOf(conversationId).entries.unshift(entry)',
      },
    ],
  },
  'another-id-each-time': {
    what: 'a message goes under another id whenever it is sent',
    in: 'clients',
    ground: under(5_000, 'node-killed'),
    alterations: [
      {
        file: LANE,
        find: '? { conversationId, clientMessageId, body }',
        put: '? { conversationId, clientMessageId: (clientMessageId ?? "") + String(Math.random()).slice(2, 8), body }',
      },
    ],
  },
  'no-answer-is-a-refusal': {
    what: 'a message whose answer was lost counts as refused',
    in: 'clients',
    ground: under(5_000, 'wire-cut'),
    alterations: [
      {
        file: OUTBOX,
        find: `      if (error.retryable) this.#pause(lane, error)
      else this.#refuse(lane, entry, error)
    }
  }`,
        put: `      this.#refuse(lane, entry, error)
    }
  }`,
      },
    ],
  },
  'silence-goes-unnoticed': {
    what: 'a client does not mind that its server has fallen silent',
    in: 'clients',
    ground: under(4_000, 'wire-half-open'),
    alterations: [
      {
        file: 'sdk/src/socket.ts',
        find: "else this.#endBy(1006, 'no sign of life')",
        put: 'else this.#watch(pingMs)',
      },
    ],
  },
  'gaps-ignored': {
    what: 'a client goes on from what is pushed, whatever is missing before it',
    in: 'clients',
    ground: under(4_000, 'frames-swapped', 'frames-doubled'),
    alterations: [
      {
        file: 'protocol/src/sync/live.ts',
        find: 'if (first.seq !== (position ?? START).seq + 1 || isUnproven(step, stream)) {',
        put: 'if (first.seq <= (position ?? START).seq || isUnproven(step, stream)) {',
      },
    ],
  },
  'repeats-applied': {
    what: 'a client applies what it has applied already',
    in: 'clients',
    ground: under(4_000, 'frames-swapped', 'frames-doubled'),
    alterations: [
      {
        file: 'protocol/src/sync/advance.ts',
        find: 'if (event.seq <= seq) continue',
        put: 'if (event.seq < seq) continue',
      },
    ],
  },
  'heads-not-compared': {
    what: 'a client that comes back does not ask what it has missed',
    in: 'clients',
    ground: thenSilent(under(8_000, 'wire-refuses', 'wire-cut')),
    alterations: [
      {
        file: 'protocol/src/sync/round.ts',
        find: 'for (const head of answer.heads) compare(step, round, head)',
        put: 'if (!state.positions.has("") && state.mark === undefined) for (const head of answer.heads) compare(step, round, head)',
      },
    ],
  },
} as const satisfies Readonly<Record<string, Mistake>>
