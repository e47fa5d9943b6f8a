import { under, underOnPostgres, waiting, whileRevolving, type Mistake } from './mistake.ts'

const FANOUT = 'server/src/realtime/fanout.ts'

/** In how the server tells and runs. */
export const IN_READS = {
  'heads-never-checked': {
    what: 'a node never looks for what other nodes have committed',
    in: 'server',
    ground: underOnPostgres(1_000, 'wire-cut'),
    alterations: [
      {
        file: 'server/src/realtime/checks.ts',
        find: 'pump.checked(epoch, await source.findMoved(userKeys, since))',
        put: 'await source.findMoved(userKeys, since)',
      },
    ],
  },
  'audience-not-renewed': {
    what: 'who is told of a conversation is not asked anew when somebody comes or goes',
    in: 'server',
    ground: whileRevolving(under(2_000, 'wire-delayed')),
    alterations: [
      {
        file: FANOUT,
        find: "if (type !== 'member.joined' && type !== 'member.left') return",
        put: 'if (type !== type) return; else return',
      },
    ],
  },
  'leaver-not-told': {
    what: 'who leaves is not told of it',
    in: 'server',
    ground: whileRevolving(under(2_000, 'wire-delayed')),
    alterations: [
      {
        file: 'server/src/stores/span.ts',
        find: "const isIn = or(isNull(spans.toSeq), gt(spans.toSeq, sql.placeholder('after')))",
        put: "const isIn = or(isNull(spans.toSeq), gt(spans.toSeq, sql`${sql.placeholder('after')} + 1`))",
      },
    ],
  },
  'one-device-is-told': {
    what: 'of the devices of a user one is told',
    in: 'server',
    ground: under(2_000, 'wire-delayed'),
    alterations: [
      {
        file: FANOUT,
        find: 'this.#options.hub.visit(span.userKey, (connection) => connection.deliver(visible))',
        put: `let told = false
      this.#options.hub.visit(span.userKey, (connection) => {
        if (!told) connection.deliver(visible)
        told = true
      })`,
      },
    ],
  },
  'absence-is-told': {
    what: 'a pull also brings what happened while somebody was not in',
    in: 'server',
    ground: whileRevolving(under(4_000, 'clients-killed', 'wire-refuses')),
    alterations: [
      {
        file: 'server/src/journal/pull.ts',
        find: 'upTo: Math.min(span.toSeq ?? view.head, view.head),',
        put: 'upTo: view.stream.head,',
      },
      {
        file: 'server/src/journal/pull.ts',
        find: 'return last === undefined ? 0 : Math.min(last.toSeq ?? stream.head, stream.head)',
        put: 'return last === undefined ? 0 : stream.head',
      },
    ],
  },
  'count-and-head-apart': {
    what: 'the unread count and the head that it belongs to are read one after the other',
    in: 'server',
    ground: underOnPostgres(6_000, 'node-killed', 'clients-killed'),
    alterations: [
      {
        file: 'server/src/services/conversation.ts',
        find: 'const views = await listConversationViews(database, actor.userKey, keys)',
        put: `const early = await listConversationViews(database, actor.userKey, keys)
  ${waiting(100)}
  const late = await listConversationViews(database, actor.userKey, keys)
  const views = late.map((view) => ({ ...view, head: early.find(({ key }) => key === view.key)?.head ?? view.head }))`,
      },
    ],
  },
  'buckets-follow-the-clock': {
    what: 'a clock that is set back finds every bucket of calls emptier',
    in: 'server',
    ground: under(6_000, 'clock-wrong'),
    alterations: [
      {
        file: 'server/src/auth/call-limit.ts',
        find: 'setBackMs = Math.max(setBackMs, last - now)',
        put: 'setBackMs = 0',
      },
    ],
  },
  'second-server-let-in': {
    what: 'a second server may use the same file',
    in: 'server',
    ground: under(1_000, 'second-server'),
    alterations: [
      {
        file: 'server/src/db/guard.ts',
        find: 'if (!isBusy(error)) throw error',
        put: 'if (isBusy(error)) return () => undefined',
      },
    ],
  },
  'waits-for-its-clients': {
    what: 'a server that is told to stop waits for its clients to go',
    in: 'server',
    ground: under(2_000, 'nodes-rolled'),
    alterations: [
      {
        file: 'server/src/realtime/drain.ts',
        find: 'connection.close(1012)',
        put: 'void connection',
      },
      {
        file: 'server/src/realtime/drain.ts',
        find: 'hub.connectionCount > 0 && waited < PATIENCE_MS',
        put: 'hub.connectionCount > 0',
      },
    ],
  },
} as const satisfies Readonly<Record<string, Mistake>>
