import type { Source } from '../../rpc/context.ts'
import type { Deps } from '../../services/deps.ts'
import type { ConnectionCaps } from '../connection-caps.ts'
import type { Metrics } from '../metrics.ts'
import type { DoorTimings } from '../timings.ts'
import { Wheel } from '../wheel.ts'
import { DeviceConnection, type DeviceClient } from './connection.ts'
import { StreamNames } from './stream-names.ts'

/** The connections of clients that keep nothing, whatever they speak. */
export interface Devices {
  /** Begins to listen to a client; answers the connection. */
  connect(client: DeviceClient): DeviceConnection
  /** How many there are, by the door that they came through. */
  connectionCounts(): Readonly<Record<string, number>>
  /** Closes what is still open with 1012; resolves when all that devices have proven is saved. */
  close(): Promise<void>
}

/** Who looks after the connections, and how many there may be. */
export interface DeviceDoorParts {
  readonly devices: Devices
  readonly caps: ConnectionCaps
}

interface DeviceParts {
  readonly timings: DoorTimings
  readonly metrics: Metrics
}

export function openDevices(deps: Deps, parts: DeviceParts): Devices {
  const { timings } = parts
  const wheel = new Wheel<DeviceConnection>({
    tickMs: timings.tickMs,
    turnMs: timings.keepAliveMs,
    machine: deps.machine,
  })
  const leaving = new Leaving(wheel)
  const shared = {
    ...{ deps, wheel, ...parts },
    ...{ names: new StreamNames(), saving: new Map<number, Promise<void>>() },
    left: (saved: Promise<void>) => leaving.add(saved),
  }
  return {
    connect(client) {
      const connection = new DeviceConnection(shared, client)
      connection.start()
      return connection
    },
    connectionCounts() {
      const doors = Array.from(wheel.items(), ({ context }) => context.source.door)
      const count = (name: Source['door']) => doors.filter((door) => door === name).length
      return { numbered: count('numbered'), 'seed-001': count('seed-001') }
    },
    async close() {
      for (const connection of wheel.items()) connection.close(1012)
      wheel.stop()
      await leaving.all()
    },
  }
}

/** Waits for connections to be gone, and for what they save. */
class Leaving {
  readonly #connected: { readonly size: number }
  readonly #saves = new Set<Promise<void>>()
  #emptied: (() => void) | undefined

  constructor(connected: { readonly size: number }) {
    this.#connected = connected
  }

  /** One is gone. */
  add(saved: Promise<void>): void {
    this.#saves.add(saved)
    void saved.finally(() => this.#saves.delete(saved))
    if (this.#connected.size === 0) this.#emptied?.()
  }

  async all(): Promise<void> {
    if (this.#connected.size > 0)
      await new Promise<void>((resolve) => {
        this.#emptied = resolve
      })
    await Promise.all(this.#saves)
  }
}
