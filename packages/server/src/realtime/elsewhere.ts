import type { Machine } from '../machine.ts'
import type { PresenceMessage } from './broker.ts'
import { Deadlines } from './deadlines.ts'

type Part = Extract<PresenceMessage, { kind: 'online' }>
type Changes = Extract<PresenceMessage, { kind: 'presence' }>

/** A node that has given no sign of life for so long is gone, and its users with it, unless others have them. */
const SILENCE_MS = 20_000
/** A node whose word is incomplete is asked for all of it, again after this time. */
const ASK_AGAIN_MS = 3000
/** Far beyond any deployment. */
const MAX_NODES = 1000

export interface ElsewhereOptions {
  readonly machine: Pick<Machine, 'elapsed' | 'after'>
  /** A node that has said that it stops is forgotten after this time. */
  readonly graceMs: number
  /** Asks a node to tell all that it has. */
  ask(node: string): void
  /** A user whom no other node had is online at one, or is at none any more; null where nobody has said since when. */
  changed(userKey: number, lastSeenAt: number | null): void
}

/** What is known of one other node. */
interface OtherNode {
  readonly users: Set<number>
  /** How many of its changes are in `users`; undefined until it has told all. */
  revision: number | undefined
  heardAt: number
  askedAt: number
  /** It has said its last word: whatever comes later was said before. */
  isStopping: boolean
  /** What it is telling, part by part. */
  telling: { readonly number: number; readonly parts: Map<number, readonly number[]> } | undefined
}

/**
 * Who is online at the other nodes, as they say. A node counts its changes, so that a lost one shows by the next or by
 * the next sign of life, and is then asked for all that it has.
 */
export class Elsewhere {
  readonly #options: ElsewhereOptions
  readonly #nodes = new Map<string, OtherNode>()
  /** At how many nodes a user is. */
  readonly #places = new Map<number, number>()
  readonly #stopping: Deadlines<string>

  constructor(options: ElsewhereOptions) {
    this.#options = options
    this.#stopping = new Deadlines({
      ttlMs: options.graceMs,
      machine: options.machine,
      expired: (id) => this.#forget(id),
    })
  }

  get nodeCount(): number {
    return this.#nodes.size
  }

  has(userKey: number): boolean {
    return this.#places.has(userKey)
  }

  heard(message: Exclude<PresenceMessage, { kind: 'ask' }>): void {
    const node = this.#nodeOf(message.node)
    if (node === undefined || node.isStopping) return
    node.heardAt = this.#options.machine.elapsed()
    switch (message.kind) {
      case 'presence':
        this.#takeChanges(node, message)
        break
      case 'alive':
        if (node.revision !== message.revision) this.#ask(message.node, node)
        break
      case 'online':
        this.#takePart(node, message)
        break
      case 'bye':
        node.isStopping = true
        this.#stopping.set(message.node)
        break
    }
  }

  /** Drops the nodes that have been silent for too long. */
  dropSilent(): void {
    const before = this.#options.machine.elapsed() - SILENCE_MS
    for (const [id, node] of this.#nodes) {
      if (node.heardAt <= before) this.#forget(id)
    }
  }

  /** Nothing happens by itself any more. */
  close(): void {
    this.#stopping.clear()
  }

  #forget(id: string): void {
    const node = this.#nodes.get(id)
    if (node === undefined) return
    this.#nodes.delete(id)
    this.#stopping.delete(id)
    this.#replace(node, new Set())
  }

  #nodeOf(id: string): OtherNode | undefined {
    const known = this.#nodes.get(id)
    if (known !== undefined || this.#nodes.size >= MAX_NODES) return known
    const node: OtherNode = {
      users: new Set(),
      revision: undefined,
      heardAt: 0,
      askedAt: -Infinity,
      isStopping: false,
      telling: undefined,
    }
    this.#nodes.set(id, node)
    return node
  }

  #ask(id: string, node: OtherNode): void {
    const now = this.#options.machine.elapsed()
    if (now - node.askedAt < ASK_AGAIN_MS) return
    node.askedAt = now
    this.#options.ask(id)
  }

  #takeChanges(node: OtherNode, { node: id, revision, came, gone }: Changes): void {
    if (node.revision !== undefined && revision <= node.revision) return
    if (node.revision === undefined || revision > node.revision + 1) {
      this.#ask(id, node)
      return
    }
    node.revision = revision
    for (const userKey of came) this.#add(node, userKey)
    for (const [userKey, lastSeenAt] of gone) this.#remove(node, userKey, lastSeenAt)
  }

  #takePart(node: OtherNode, { revision, telling, part, parts, users }: Part): void {
    if (node.revision !== undefined && revision < node.revision) return
    // Parts of two tellings do not make one: their borders differ.
    if (node.telling?.number !== telling) node.telling = { number: telling, parts: new Map() }
    const told = node.telling.parts
    told.set(part, users)
    if (told.size < parts) return
    node.telling = undefined
    node.revision = revision
    this.#replace(node, new Set([...told.values()].flat()))
  }

  #replace(node: OtherNode, users: ReadonlySet<number>): void {
    for (const userKey of users) this.#add(node, userKey)
    for (const userKey of [...node.users]) {
      if (!users.has(userKey)) this.#remove(node, userKey, null)
    }
  }

  #add(node: OtherNode, userKey: number): void {
    if (node.users.has(userKey)) return
    node.users.add(userKey)
    const places = this.#places.get(userKey) ?? 0
    this.#places.set(userKey, places + 1)
    if (places === 0) this.#options.changed(userKey, null)
  }

  #remove(node: OtherNode, userKey: number, lastSeenAt: number | null): void {
    if (!node.users.delete(userKey)) return
    const places = (this.#places.get(userKey) ?? 1) - 1
    if (places > 0) {
      this.#places.set(userKey, places)
      return
    }
    this.#places.delete(userKey)
    this.#options.changed(userKey, lastSeenAt)
  }
}
