import type { Machine } from '../machine.ts'
import type { BrokerMessage, PresenceMessage } from './broker.ts'
import { Elsewhere } from './elsewhere.ts'
import type { OtherNodes } from './presence.ts'

/** Changes are gathered for so long. */
const GATHER_MS = 50
/** Users of one message: with keys of any size it is below 8 kB. */
const USERS_PER_MESSAGE = 150
/** With the spread, the others hear of this node at least every 6 s. */
const ALIVE_MS = 5000
const SPREAD = 0.2
/** However many ask, and however often, all is told once in this time. */
const TELL_ALL_MS = 1000

export interface PresenceNodesOptions {
  /** Of this node, new at every start. */
  readonly nodeId: string
  readonly machine: Pick<Machine, 'elapsed' | 'after' | 'random'>
  /** Whose node has stopped and who is back at another one within this time was never gone. */
  readonly graceMs: number
  publish(message: BrokerMessage): void
  /** He is online here: by a connection, or by one that was there a moment ago. */
  isHere(userKey: number): boolean
  /** All who are. */
  usersHere(): Iterable<number>
  /** See `PresenceTable.changedElsewhere`. */
  changedElsewhere(userKey: number, lastSeenAt: number | null): void
}

/**
 * What the nodes tell one another of who is online, and what this one has been told. Nothing of it is kept anywhere: a
 * node that stops says so, and its users are given the grace to come back at another one. One that dies is silent, and 20 s later the others have forgotten it; with the round in which they look, and all that
 * gathers, nobody is shown online for more than 30 s after his node has died.
 */
export class PresenceNodes implements OtherNodes {
  readonly #options: PresenceNodesOptions
  readonly #elsewhere: Elsewhere
  /** Whose coming or going the others are to be told, and when he was last seen. */
  readonly #changed = new Map<number, number | null>()
  #revision = 0
  #gathering = false
  #tellAllAt = -Infinity
  #tellingAll = false
  #tellings = 0
  #cancel: () => void = () => undefined
  #held = false

  constructor(options: PresenceNodesOptions) {
    this.#options = options
    const { machine, graceMs } = options
    this.#elsewhere = new Elsewhere({
      machine,
      graceMs,
      ask: (node) => options.publish({ kind: 'ask', node }),
      changed: (userKey, lastSeenAt) => options.changedElsewhere(userKey, lastSeenAt),
    })
  }

  /** Begins to show that this node lives, and asks the others for what they have. */
  start(): void {
    this.missed()
    this.#beat()
  }

  /** Something may have been missed. */
  missed(): void {
    this.#options.publish({ kind: 'ask', node: null })
    this.#sayAlive()
  }

  /** From the broker. */
  heard(message: PresenceMessage): void {
    if (message.kind === 'ask') {
      // At once: whoever asks all nodes wants to know whether there are any.
      if (message.node === null) this.#sayAlive()
      if (message.node === null || message.node === this.#options.nodeId) this.#tellAllSoon()
    } else if (message.node !== this.#options.nodeId) this.#elsewhere.heard(message)
  }

  /** False while no other node shows that it lives: then nobody listens. */
  get areThere(): boolean {
    return this.#elsewhere.nodeCount > 0
  }

  has(userKey: number): boolean {
    return this.#elsewhere.has(userKey)
  }

  tell(userKey: number, lastSeenAt: number | null): void {
    if (this.#held) return
    this.#changed.set(userKey, lastSeenAt)
    if (this.#gathering) return
    this.#gathering = true
    this.#options.machine.after(GATHER_MS, () => this.#tellChanges())
  }

  /** The last word: those who are here come back elsewhere, or have gone. Answers whether anybody listens. */
  sayBye(): boolean {
    if (this.#held) return false
    if (this.areThere) this.#options.publish({ kind: 'bye', node: this.#options.nodeId })
    this.close()
    return this.areThere
  }

  /** Tells nothing any more and learns nothing more; to the others this node is silent. */
  close(): void {
    this.#held = true
    this.#cancel()
    this.#changed.clear()
    this.#elsewhere.close()
  }

  #beat(): void {
    const { machine } = this.#options
    const waitMs = ALIVE_MS * (1 + SPREAD * (2 * machine.random() - 1))
    this.#cancel = machine.after(waitMs, () => {
      this.#sayAlive()
      this.#elsewhere.dropSilent()
      this.#beat()
    })
  }

  #sayAlive(): void {
    if (this.#held) return
    this.#options.publish({ kind: 'alive', node: this.#options.nodeId, revision: this.#revision })
  }

  /** As it is now: who has come and gone meanwhile has gone. */
  #tellChanges(): void {
    this.#gathering = false
    const changed = [...this.#changed]
    this.#changed.clear()
    for (let at = 0; at < changed.length; at += USERS_PER_MESSAGE) {
      const told = changed.slice(at, at + USERS_PER_MESSAGE)
      this.#revision += 1
      this.#options.publish({
        kind: 'presence',
        node: this.#options.nodeId,
        revision: this.#revision,
        came: told.filter(([userKey]) => this.#options.isHere(userKey)).map(([userKey]) => userKey),
        gone: told.filter(([userKey]) => !this.#options.isHere(userKey)),
      })
    }
  }

  #tellAllSoon(): void {
    if (this.#tellingAll || this.#held) return
    this.#tellingAll = true
    const { machine } = this.#options
    const waitMs = Math.max(GATHER_MS, this.#tellAllAt + TELL_ALL_MS - machine.elapsed())
    machine.after(waitMs, () => {
      this.#tellingAll = false
      this.#tellAllAt = machine.elapsed()
      if (!this.#held) this.#tellAll()
    })
  }

  #tellAll(): void {
    // First what is gathered: the parts are of one state, and of one number.
    this.#tellChanges()
    this.#tellings += 1
    const users = [...this.#options.usersHere()]
    const parts = Math.max(1, Math.ceil(users.length / USERS_PER_MESSAGE))
    for (let part = 0; part < parts; part += 1) {
      this.#options.publish({
        kind: 'online',
        node: this.#options.nodeId,
        revision: this.#revision,
        telling: this.#tellings,
        part,
        parts,
        users: users.slice(part * USERS_PER_MESSAGE, (part + 1) * USERS_PER_MESSAGE),
      })
    }
  }
}
