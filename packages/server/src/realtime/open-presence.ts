import type { Clock } from '../clock.ts'
import type { Logger } from '../logger.ts'
import type { Machine } from '../machine.ts'
import type { Broker } from './broker.ts'
import type { Hub } from './hub.ts'
import { castPresence } from './presence-cast.ts'
import { PresenceNodes } from './presence-nodes.ts'
import { PresenceTable } from './presence.ts'
import { createRetry } from './retry.ts'
import type { Source } from './source.ts'

/** Who is back within this time was never offline. */
const GRACE_MS = 5000

export interface OpenPresenceOptions {
  readonly hub: Hub
  readonly source: Source
  /** Left out on a node that is alone. */
  readonly broker?: Broker | undefined
  readonly clock: Clock
  readonly machine: Machine
  readonly log: Pick<Logger, 'warn'>
  /** Aborted when live delivery ends. */
  readonly signal: AbortSignal
  /** @default 5_000 */
  readonly presenceGraceMs?: number | undefined
}

/** Who is online here, and what the nodes tell one another of it: two parts that know of each other. */
export interface OpenPresence {
  readonly table: PresenceTable
  readonly nodes: PresenceNodes | undefined
}

export function openPresence(options: OpenPresenceOptions): OpenPresence {
  const { hub, source, clock, machine, log, signal, broker } = options
  const { presenceGraceMs = GRACE_MS } = options
  const onFailure = (error: unknown) => {
    if (!signal.aborted) log.warn({ err: error }, 'presence could not be told')
  }
  const nodes =
    broker &&
    new PresenceNodes({
      nodeId: machine.newId(),
      machine,
      graceMs: presenceGraceMs,
      publish: (message) => broker.publish(message),
      isHere: (userKey) => table.isHere(userKey),
      usersHere: () => [...hub.onlineKeys(), ...table.leaving()],
      changedElsewhere: (userKey, lastSeenAt) => table.changedElsewhere(userKey, lastSeenAt),
    })
  const table: PresenceTable = new PresenceTable({
    machine,
    graceMs: presenceGraceMs,
    retry: createRetry({ signal, machine, onFailure }),
    others: nodes,
    isConnected: (userKey) => hub.isOnline(userKey),
    noteSeen: (departures) => source.noteSeen(departures),
    readSeen: (userKeys) => source.readSeen(userKeys),
    tell: (facts) => castPresence({ hub, source, clock, machine }, facts),
  })
  return { table, nodes }
}
