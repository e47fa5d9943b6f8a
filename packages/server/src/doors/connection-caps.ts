import type { Duplex } from 'node:stream'
import { TidingsError } from '@tidings/protocol/wire'
import { addressKey } from '../auth/address.ts'
import type { ConfiguredLimits } from '../config.ts'

/** Gives back a place that was taken; a second call does nothing. */
export type Release = () => void

/** How many WebSockets of one origin may be open at this node. */
export interface ConnectionCaps {
  /**
   * Takes a place for an address, IPv6 by its /64.
   * @throws TidingsError TOO_MANY_CONNECTIONS
   */
  takeAddress(ip: string): Release
  /**
   * Takes a place for a user, over all his sessions.
   * @throws TidingsError TOO_MANY_CONNECTIONS
   */
  takeUser(userKey: number): Release
}

/** Counts the connections of one server. */
export function openConnectionCaps(
  limits: Pick<ConfiguredLimits, 'connectionsPerIp' | 'connectionsPerUser'>,
): ConnectionCaps {
  const addresses = new Places(limits.connectionsPerIp)
  const users = new Places(limits.connectionsPerUser)
  return {
    takeAddress: (ip) => addresses.take(addressKey(ip)),
    takeUser: (userKey) => users.take(userKey),
  }
}

/** Gives a place back when the connection is gone, however early. */
export function releaseWith(stream: Duplex, release: Release): void {
  if (stream.destroyed) release()
  else stream.on('close', release)
}

class Places {
  readonly #most: number
  readonly #taken = new Map<string | number, number>()

  constructor(most: number) {
    this.#most = most
  }

  take(key: string | number): Release {
    const taken = this.#taken.get(key) ?? 0
    if (taken >= this.#most) throw new TidingsError('TOO_MANY_CONNECTIONS')
    this.#taken.set(key, taken + 1)
    let held = true
    return () => {
      if (held) this.#giveBack(key)
      held = false
    }
  }

  #giveBack(key: string | number): void {
    const left = (this.#taken.get(key) ?? 0) - 1
    if (left > 0) this.#taken.set(key, left)
    else this.#taken.delete(key)
  }
}
