import type { KnownCloseCode } from '@tidings/protocol/wire'
import type { Clock } from '../clock.ts'
import { createFigures, type Figures } from '../figures.ts'
import type { Journal, StoredEvent } from '../journal/journal.ts'
import type { Logger } from '../logger.ts'
import { systemMachine, type Machine } from '../machine.ts'
import { MAX_ITEMS, type Broker, type BrokerMessage } from './broker.ts'
import { type Checks, startChecks } from './checks.ts'
import { drainHub } from './drain.ts'
import { Fanout } from './fanout.ts'
import { Hub } from './hub.ts'
import { openPresence } from './open-presence.ts'
import type { PresenceNodes } from './presence-nodes.ts'
import type { PresenceTable } from './presence.ts'
import { Pump } from './pump.ts'
import { castHidden } from './presence-cast.ts'
import type { LiveConnection, PresenceHidden, Realtime, SignalCast } from './realtime.ts'
import { createRetry } from './retry.ts'
import { type SlowReader, SlowReaders } from './slow-readers.ts'
import type { Source } from './source.ts'
import { Revocations } from './revocations.ts'
import { TypingTable } from './typing.ts'

/** Signals of other nodes that wait for the database; further ones are lost, as they may be. */
const MAX_HEARD_AT_ONCE = 1000

/** For the last word of a node to have left before its link is closed. */
const CARRIED_MS = 50

/** When live delivery acts by itself, milliseconds. Tests shorten it; nothing else should. */
export interface RealtimeTimings {
  /** Who is back within this time was never offline. @default 5000 */
  readonly presenceGraceMs: number
}

export interface RealtimeOptions extends Partial<RealtimeTimings> {
  readonly source: Source
  readonly journal: Pick<Journal, 'onCommitted'>
  /** Left out on a node that is alone. */
  readonly broker?: Broker | undefined
  readonly clock: Clock
  readonly log: Pick<Logger, 'warn' | 'error'>
  /** @default this one */
  readonly machine?: Machine | undefined
  /** Where it counts. */
  readonly figures?: Figures | undefined
}

/**
 * Opens live delivery. Resolves when hints of other nodes arrive; open it before the first connection is taken. Rejects, with
 * the broker closed, when the broker cannot be listened to.
 */
export async function openRealtime(options: RealtimeOptions): Promise<Realtime> {
  const node = new Node(options)
  try {
    await node.start()
    return node
  } catch (error) {
    const { log } = options
    await node.close().catch((other: unknown) => log.error({ err: other }, 'a broker stays open'))
    throw error
  }
}

/** The parts of live delivery on this node, put together. */
class Node implements Realtime {
  readonly typing: TypingTable
  readonly presence: PresenceTable
  /** Undefined on a node that is alone. */
  readonly #presenceNodes: PresenceNodes | undefined
  readonly #options: RealtimeOptions
  readonly #machine: Machine
  readonly #figures: Figures
  readonly #ending = new AbortController()
  readonly #hub = new Hub()
  readonly #slowReaders: SlowReaders
  readonly #fanout: Fanout
  readonly #pump: Pump
  readonly #revocations: Revocations
  #checks: Checks | undefined
  #draining = false
  #heardNow = 0

  constructor(options: RealtimeOptions) {
    this.#options = options
    const machine = options.machine ?? systemMachine
    this.#machine = machine
    this.#figures = options.figures ?? createFigures()
    this.#slowReaders = new SlowReaders(machine, this.#figures.slowReaders)
    this.typing = new TypingTable({
      clock: options.clock,
      machine,
      cast: (cast) => this.signal(cast),
    })
    this.#hub.onUserGone((userKey) => this.typing.userGone(userKey))
    const { signal } = this.#ending
    const { table, nodes } = openPresence({ ...options, hub: this.#hub, machine, signal })
    this.presence = table
    this.#presenceNodes = nodes
    this.#hub.onPresence(table)
    this.#fanout = this.#openFanout()
    const { broker, source, log } = options
    this.#revocations = new Revocations({
      hub: this.#hub,
      findEnded: (sessionKeys) => source.findEnded(sessionKeys),
      onFailure: (error) =>
        log.warn({ err: error }, 'ended sessions are left to the session check'),
    })
    this.#pump = new Pump({
      source,
      fanout: this.#fanout,
      log,
      publish: broker && ((message) => this.#publish(message)),
      onEpochChanged: (epoch) => this.#epochChanged(epoch),
    })
  }

  async start(): Promise<void> {
    const { journal, broker, source, log } = this.#options
    const machine = this.#machine
    journal.onCommitted((rows) => this.#pump.committed(rows))
    await broker?.listen({
      message: (message) => this.#heard(message),
      missed: () => this.#missed(),
    })
    const figures = this.#figures
    this.#checks = startChecks({ hub: this.#hub, source, pump: this.#pump, log, machine, figures })
    this.#presenceNodes?.start()
  }

  register(connection: LiveConnection): () => void {
    this.join(connection)
    return () => this.leave(connection)
  }

  join(connection: LiveConnection): void {
    this.#hub.join(connection)
    if (this.#draining) connection.close(1012)
  }

  leave(connection: LiveConnection): void {
    this.#hub.leave(connection)
  }

  audienceSize(stream: string): number {
    return this.#fanout.audienceSize(stream)
  }

  signal(cast: SignalCast): void {
    void this.#castHere(cast)
    this.#publish({ kind: 'signal', ...cast })
  }

  presenceHidden(hidden: PresenceHidden): void {
    void this.#hideHere(hidden)
    this.#publish({ kind: 'hidden', ...hidden })
  }

  sessionsRevoked(sessionKeys: readonly number[]): void {
    if (sessionKeys.length === 0) return
    this.#hub.closeSessions(sessionKeys)
    for (let at = 0; at < sessionKeys.length; at += MAX_ITEMS)
      this.#options.broker?.publish({
        kind: 'revoked',
        sessionKeys: sessionKeys.slice(at, at + MAX_ITEMS),
      })
  }

  watch(reader: SlowReader): () => void {
    return this.#slowReaders.watch(reader)
  }

  connectionCount(): number {
    return this.#hub.connectionCount
  }

  async drain(): Promise<void> {
    this.#draining = true
    this.presence.hold()
    await drainHub(this.#hub, this.#machine)
    // Who does not come back elsewhere would be online here as long as this node says that it lives.
    if (this.#presenceNodes?.sayBye() === true) await this.#machine.wait(CARRIED_MS)
  }

  async close(): Promise<void> {
    this.#draining = true
    this.#ending.abort()
    const online = this.#hub.onlineKeys()
    this.#closeAll(1012)
    this.typing.close()
    this.#presenceNodes?.close()
    this.#slowReaders.close()
    await Promise.all([
      this.#checks?.close(),
      this.#options.broker?.close(),
      this.#closePresence(online),
    ])
  }

  async #closePresence(online: readonly number[]): Promise<void> {
    try {
      await this.presence.close(online)
    } catch (error) {
      // Then the last use of their sessions is known.
      this.#options.log.warn({ err: error }, 'who was online to the end could not be noted')
    }
  }

  #openFanout(): Fanout {
    const { source, log } = this.#options
    const { signal } = this.#ending
    const onFailure = (error: unknown) => {
      if (!signal.aborted) log.warn({ err: error }, 'could not read an audience')
    }
    return new Fanout({
      hub: this.#hub,
      retry: createRetry({ signal, machine: this.#machine, onFailure }),
      soleWriter: source.soleWriter,
      readAudience: (streamKey, after) => source.readAudience(streamKey, after),
      onPushed: (row) => this.#pushed(row),
    })
  }

  /** A lone node on a database that others may use pays for nobody. */
  #publish(message: BrokerMessage): void {
    if (this.#presenceNodes?.areThere === true) this.#options.broker?.publish(message)
  }

  #missed(): void {
    this.#checks?.hurry()
    this.#presenceNodes?.missed()
  }

  #pushed(row: StoredEvent): void {
    // The database's clock and this one may differ by a little.
    this.#figures.pushSeconds.add(Math.max(0, this.#options.clock.now() - row.ts) / 1000)
    this.typing.pushed(row)
  }

  #heard(message: BrokerMessage): void {
    switch (message.kind) {
      case 'hints':
        this.#pump.hinted(message.hints)
        break
      case 'signal':
        this.typing.toldElsewhere(message.streamKey, message.exceptUserKey)
        this.#unlessFlooded(() => this.#castHere(message))
        break
      case 'hidden':
        this.#unlessFlooded(() => this.#hideHere(message))
        break
      case 'revoked':
        this.#revocations.heard(message.sessionKeys)
        break
      case 'presence':
      case 'alive':
      case 'bye':
      case 'ask':
      case 'online':
        this.#presenceNodes?.heard(message)
        break
    }
  }

  #unlessFlooded(work: () => Promise<void>): void {
    if (this.#heardNow >= MAX_HEARD_AT_ONCE) return
    this.#heardNow += 1
    void work().finally(() => {
      this.#heardNow -= 1
    })
  }

  async #castHere(cast: SignalCast): Promise<void> {
    try {
      await this.#fanout.signal(cast)
    } catch (error) {
      // Signals may be lost.
      this.#options.log.warn({ err: error }, 'a signal was lost')
    }
  }

  #hideHere(hidden: PresenceHidden): Promise<void> {
    const { source, clock, log } = this.#options
    const around = { hub: this.#hub, source, clock, machine: this.#machine }
    const lost = (error: unknown): void => log.warn({ err: error }, 'a signal was lost')
    return castHidden(around, hidden).catch(lost)
  }

  /** Everything that clients hold is of another history: they come back and are told so by `ready`. */
  #epochChanged(epoch: number): void {
    this.#options.log.error({ epoch }, 'the database was replaced; restart this node')
    this.#closeAll(1012)
  }

  #closeAll(code: KnownCloseCode): void {
    for (const connection of [...this.#hub.connections()]) connection.close(code)
  }
}
