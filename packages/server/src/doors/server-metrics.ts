import type { Distribution, Figures, PoolFigures } from '../figures.ts'
import type { Deps } from '../services/deps.ts'
import { counter, gauge, histogram, type Metric, type Sample } from './exposition.ts'

/** What is measured where. */
export interface Measured {
  readonly deps: Pick<Deps, 'figures' | 'journal' | 'machine'>
  /** WebSockets that are open now, by door. */
  readonly connections: () => Readonly<Record<string, number>>
  /** The server has been told to stop. */
  readonly stopping: () => boolean
}

/** What the doors have counted. */
export interface DoorFigures {
  /** By method, route and status, each followed by a space but the last. */
  readonly requests: ReadonlyMap<string, Distribution>
  /** Of the numbered protocol, by method and then by outcome. */
  readonly calls: ReadonlyMap<number, ReadonlyMap<string, number>>
}

/** Every figure of a server, with the words for it. */
export function serverMetrics(measured: Measured, doors: DoorFigures): readonly Metric[] {
  return [
    ...callMetrics(measured, doors),
    ...connectionMetrics(measured),
    ...deliveryMetrics(measured),
    ...databaseMetrics(measured),
    ...brokerMetrics(measured),
  ]
}

function callMetrics(
  { deps: { figures } }: Measured,
  { requests, calls }: DoorFigures,
): readonly Metric[] {
  return [
    counter('tidings_sends_total', 'Messages sent, by what became of them', () =>
      byName('outcome', Object.entries(figures.sends)),
    ),
    counter('tidings_receipts_total', 'Receipts that were taken, by kind', () =>
      byName('kind', Object.entries(figures.receipts)),
    ),
    counter('tidings_events_total', 'Durable events born at this node, by type', () =>
      byName('type', figures.events),
    ),
    counter('tidings_calls_total', 'Calls that reached a procedure, by procedure', () =>
      byName('procedure', figures.calls),
    ),
    counter(
      'tidings_refusals_total',
      'Calls, and items of calls, that were refused, by error code',
      () => byName('code', Object.entries(figures.refusals)),
    ),
    counter('tidings_numbered_calls_total', 'Calls of the numbered protocol', () =>
      [...calls].flatMap(([method, outcomes]) =>
        [...outcomes].map(([outcome, count]): Sample => [
          count,
          { method: String(method), outcome },
        ]),
      ),
    ),
    histogram('tidings_http_request_seconds', 'Duration of HTTP requests', () =>
      [...requests].map(([key, distribution]) => {
        const [method = '', route = '', status = ''] = key.split(' ')
        return [distribution, { method, route, status }] as const
      }),
    ),
  ]
}

function connectionMetrics({ deps, connections, stopping }: Measured): readonly Metric[] {
  const { slowReaders, behind } = deps.figures
  return [
    gauge('tidings_ready', '1 while /readyz answers 200, asked anew at each reading', () => [
      [deps.figures.ready ? 1 : 0],
    ]),
    gauge('tidings_connections', 'WebSockets open now, by door', () =>
      byName('door', Object.entries(connections())),
    ),
    gauge('tidings_stopping', '1 from the moment that the server has been told to stop', () => [
      [stopping() ? 1 : 0],
    ]),
    gauge('tidings_slow_readers', 'Connections that are paused now, since they do not read', () => [
      [slowReaders.now],
    ]),
    counter(
      'tidings_slow_readers_paused_total',
      'Connections paused since they did not read',
      () => [[slowReaders.paused]],
    ),
    counter(
      'tidings_slow_readers_closed_total',
      'Connections closed with 1013 since they did not read',
      () => [[slowReaders.closed]],
    ),
    counter(
      'tidings_live_behind_total',
      'Times that a live subscription was told to compare heads',
      () => [[behind.told]],
    ),
    counter(
      'tidings_live_skipped_events_total',
      'Events not kept for live subscriptions that were paused or full; they are pulled later',
      () => [[behind.events]],
    ),
  ]
}

function deliveryMetrics({ deps: { figures, journal, machine } }: Measured): readonly Metric[] {
  return [
    histogram(
      'tidings_push_seconds',
      "From an event's birth until it was handed to the connections of this node",
      () => [[figures.pushSeconds]],
    ),
    gauge(
      'tidings_head_check_age_seconds',
      'Since this node last asked the database which streams have moved; absent on SQLite',
      () =>
        figures.headsCheckedAt === undefined
          ? []
          : [[(machine.elapsed() - figures.headsCheckedAt) / 1000]],
    ),
    counter(
      'tidings_head_check_failures_total',
      'Such questions that the database did not answer',
      () => [[figures.failedChecks]],
    ),
    counter('tidings_resets_total', 'Streams that a client was told to begin anew, by reason', () =>
      byName('reason', Object.entries(figures.resets)),
    ),
    counter(
      'tidings_future_positions_total',
      'Positions beyond the head that clients have shown: the database may have lost data',
      () => [[journal.futurePositions()]],
    ),
  ]
}

function databaseMetrics({ deps: { figures } }: Measured): readonly Metric[] {
  return [
    histogram('tidings_send_batch_messages', 'Messages that were sent in one transaction', () => [
      [figures.batchMessages],
    ]),
    histogram(
      'tidings_send_batch_seconds',
      'Duration of such a transaction, commit included',
      () => [[figures.batchSeconds]],
    ),
    histogram(
      'tidings_sqlite_commit_transactions',
      'SQLite: transactions that shared a commit',
      () => [[figures.commitTransactions]],
    ),
    histogram(
      'tidings_sqlite_commit_seconds',
      'SQLite: duration of a commit, forcing the disk included',
      () => [[figures.commitSeconds]],
    ),
    gauge(
      'tidings_storage_full',
      '1 since a write has failed for want of space, until one succeeds that is tried at each reading',
      () => [[figures.storageFull ? 1 : 0]],
    ),
    ...poolMetrics(figures),
  ]
}

function poolMetrics(figures: Figures): readonly Metric[] {
  const pools = (read: (pool: PoolFigures) => number): Sample[] => [
    [read(figures.writers), { pool: 'writers' }],
    [read(figures.readers), { pool: 'readers' }],
  ]
  return [
    gauge('tidings_database_connections', 'Postgres: connections in use now, by pool', () =>
      pools(({ lent }) => lent),
    ),
    histogram(
      'tidings_database_wait_seconds',
      'Postgres: waiting for a connection, of those who had to, by pool',
      () => [
        [figures.writers.waits, { pool: 'writers' }],
        [figures.readers.waits, { pool: 'readers' }],
      ],
    ),
    counter(
      'tidings_database_wait_timeouts_total',
      'Postgres: callers who waited in vain for a connection, by pool',
      () => pools(({ timeouts }) => timeouts),
    ),
    counter(
      'tidings_database_retries_total',
      'Postgres: transactions tried again, since a lock was not to be had',
      () => [[figures.retries]],
    ),
  ]
}

/** Of a node without a broker there are none. */
function brokerMetrics({ deps: { figures } }: Measured): readonly Metric[] {
  const messages = (): Sample[] => {
    if (figures.broker === undefined) return []
    const { published, received, dropped } = figures.broker
    return byName('outcome', Object.entries({ published, received, dropped }))
  }
  return [
    gauge(
      'tidings_broker_connected',
      '1 while the broker can be reached; absent without one',
      () => (figures.broker === undefined ? [] : [[figures.broker.connected ? 1 : 0]]),
    ),
    counter(
      'tidings_broker_messages_total',
      'Hints between nodes, by what became of them',
      messages,
    ),
    counter(
      'tidings_broker_missed_total',
      'Times that hints of other nodes may have been missed',
      () => (figures.broker === undefined ? [] : [[figures.broker.missed]]),
    ),
  ]
}

function byName(label: string, counts: Iterable<readonly [string, number]>): Sample[] {
  return [...counts].map(([name, count]) => [count, { [label]: name }])
}
