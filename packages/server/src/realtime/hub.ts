import type { LiveConnection } from './realtime.ts'

type Place = LiveConnection | Set<LiveConnection>

/** Hears who comes online here and who goes. */
export interface PresenceListener {
  came(userKey: number): void
  left(userKey: number): void
}

/**
 * The connections of this node, by user. Nearly every user has one, which then costs a single map entry; only a second
 * one makes a set. Registering and leaving take constant time whatever the number of connections.
 */
export class Hub {
  readonly #places = new Map<number, Place>()
  #count = 0
  #onUserGone: (userKey: number) => void = () => undefined
  #onPresence: PresenceListener | undefined

  get connectionCount(): number {
    return this.#count
  }

  /** Users with at least one connection here. */
  get userCount(): number {
    return this.#places.size
  }

  /** Called when a user's last connection of this node has left. */
  onUserGone(listener: (userKey: number) => void): void {
    this.#onUserGone = listener
  }

  /** Told of a user's first connection that makes him online, and of the end of his last one. */
  onPresence(listener: PresenceListener): void {
    this.#onPresence = listener
  }

  /** For who would rather keep a function than himself to leave by. */
  register(connection: LiveConnection): () => void {
    this.join(connection)
    return () => this.leave(connection)
  }

  join(connection: LiveConnection): void {
    const comes = connection.isPresence && !this.isOnline(connection.userKey)
    const place = this.#places.get(connection.userKey)
    if (place === undefined) this.#places.set(connection.userKey, connection)
    else if (place instanceof Set) place.add(connection)
    else this.#places.set(connection.userKey, new Set([place, connection]))
    this.#count += 1
    if (comes) this.#onPresence?.came(connection.userKey)
  }

  /** Does nothing for one that is not here. */
  leave(connection: LiveConnection): void {
    if (!this.#remove(connection)) return
    const { userKey, isPresence } = connection
    if (isPresence && !this.isOnline(userKey)) this.#onPresence?.left(userKey)
  }

  #remove(connection: LiveConnection): boolean {
    const { userKey } = connection
    const place = this.#places.get(userKey)
    if (place instanceof Set) {
      if (!place.delete(connection)) return false
      const [last] = place
      if (place.size === 1 && last !== undefined) this.#places.set(userKey, last)
    } else {
      if (place !== connection) return false
      this.#places.delete(userKey)
      this.#onUserGone(userKey)
    }
    this.#count -= 1
    return true
  }

  /** He has a connection here that makes him online. */
  isOnline(userKey: number): boolean {
    const place = this.#places.get(userKey)
    if (!(place instanceof Set)) return place?.isPresence ?? false
    for (const connection of place) if (connection.isPresence) return true
    return false
  }

  has(userKey: number): boolean {
    return this.#places.has(userKey)
  }

  /** Calls `visit` for each connection of a user; one that leaves meanwhile may or may not be visited. */
  visit(userKey: number, visit: (connection: LiveConnection) => void): void {
    const place = this.#places.get(userKey)
    if (place === undefined) return
    if (place instanceof Set) for (const connection of place) visit(connection)
    else visit(place)
  }

  userKeys(): number[] {
    return [...this.#places.keys()]
  }

  /** Users who are online by a connection here. */
  onlineKeys(): number[] {
    return this.userKeys().filter((userKey) => this.isOnline(userKey))
  }

  *connections(): Generator<LiveConnection> {
    for (const place of this.#places.values()) {
      if (place instanceof Set) yield* place
      else yield place
    }
  }

  sessionKeys(): number[] {
    const keys = new Set<number>()
    for (const connection of this.connections()) keys.add(connection.sessionKey)
    return [...keys]
  }

  /** Closes every connection of these sessions with 4403. */
  closeSessions(sessionKeys: Iterable<number>): void {
    const ended = new Set(sessionKeys)
    if (ended.size === 0) return
    for (const connection of [...this.connections()]) {
      if (ended.has(connection.sessionKey)) connection.close(4403)
    }
  }
}
