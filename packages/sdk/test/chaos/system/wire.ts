import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { Chance } from '../../e2e/support/random.ts'
import { Carrier, FAIR, type Weather } from './carrier.ts'

/** A relay on loopback, in front of one port or of several that do the same. */
export interface Wire extends AsyncDisposable {
  readonly port: number
  /** Connections that were broken, and frames that were doubled or swapped. */
  readonly breaks: number
  readonly meddled: number
  /** Changes the weather from now on, for the connections that are open too. */
  set(weather: Partial<Weather>): void
  /** Resets all connections at once. */
  cut(): void
  /** Swallows everything on the connections that are open now, for ever, and tells neither end of the other's end. */
  halfOpen(): void
  /** Refuses new connections, or takes them again. */
  refuse(isRefusing: boolean): void
  connections(): number
  /** The port that the connection from a port has been carried to. */
  targetOf(nearPort: number): number | undefined
}

export interface WireOptions {
  /** Tried one after the other, from one that changes with each connection: what a load balancer does. */
  readonly targets: () => readonly number[]
  readonly chance: Chance
}

interface Line {
  readonly near: Socket
  readonly far: Socket
  readonly carriers: readonly Carrier[]
}

/** Opens a relay. */
export async function openWire(options: WireOptions): Promise<Wire> {
  const wire = new Relay(options)
  await wire.listen()
  return wire
}

class Relay implements Wire {
  readonly #options: WireOptions
  readonly #weather: Weather = { ...FAIR }
  readonly #lines = new Set<Line>()
  readonly #server = createServer((near) => void this.#accept(near))
  #isRefusing = false
  #turn = 0
  breaks = 0
  meddled = 0
  port = 0

  constructor(options: WireOptions) {
    this.#options = options
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('a wire without a port')
    this.port = address.port
  }

  set(weather: Partial<Weather>): void {
    Object.assign(this.#weather, weather)
    for (const { carriers } of this.#lines) for (const carrier of carriers) carrier.flush()
  }

  cut(): void {
    for (const line of [...this.#lines]) this.#break(line)
  }

  halfOpen(): void {
    for (const { carriers } of this.#lines) {
      this.breaks += 1
      for (const carrier of carriers) carrier.isDeaf = true
    }
  }

  refuse(isRefusing: boolean): void {
    this.#isRefusing = isRefusing
  }

  connections(): number {
    return this.#lines.size
  }

  targetOf(nearPort: number): number | undefined {
    return [...this.#lines].find(({ near }) => near.remotePort === nearPort)?.far.remotePort
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #accept(near: Socket): Promise<void> {
    near.on('error', () => near.destroy())
    if (this.#isRefusing) {
      near.resetAndDestroy()
      return
    }
    near.pause()
    const far = await this.#reach()
    if (far === undefined || near.destroyed) {
      near.resetAndDestroy()
      far?.destroy()
      return
    }
    this.#join(near, far)
  }

  async #reach(): Promise<Socket | undefined> {
    const targets = this.#options.targets()
    this.#turn += 1
    for (const place of targets.keys()) {
      const port = targets[(place + this.#turn) % targets.length]
      const socket = port === undefined ? undefined : await dial(port)
      if (socket !== undefined) return socket
    }
    return undefined
  }

  #join(near: Socket, far: Socket): void {
    const shared = {
      weather: this.#weather,
      chance: this.#options.chance,
      breakUp: () => this.#break(line),
      meddled: () => void (this.meddled += 1),
    }
    const carriers = [
      new Carrier(near, far, { ...shared, isAnswer: false }),
      new Carrier(far, near, { ...shared, isAnswer: true }),
    ]
    const line: Line = { near, far, carriers }
    this.#lines.add(line)
    const end = (): void => {
      // Whoever swallows everything swallows the end as well, until both have gone.
      const isDeaf = carriers.every((carrier) => carrier.isDeaf)
      if (isDeaf && !(near.destroyed && far.destroyed)) return
      this.#forget(line)
    }
    for (const socket of [near, far]) socket.setNoDelay(true).on('error', end).on('close', end)
    near.resume()
  }

  #break(line: Line): void {
    if (!this.#lines.has(line)) return
    this.breaks += 1
    line.near.resetAndDestroy()
    line.far.resetAndDestroy()
    this.#forget(line)
  }

  #forget(line: Line): void {
    this.#lines.delete(line)
    for (const carrier of line.carriers) carrier.stop()
    line.near.destroy()
    line.far.destroy()
  }
}

async function dial(port: number): Promise<Socket | undefined> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return socket
  } catch {
    socket.destroy()
    return undefined
  }
}
