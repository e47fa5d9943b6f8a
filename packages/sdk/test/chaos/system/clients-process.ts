import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Request } from '../clients/orders.ts'
import { adopt } from './children.ts'

interface Answer {
  readonly id?: number
  readonly value?: unknown
  readonly error?: string
  readonly connected?: number
  readonly of?: number
}

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

const GONE = 'the clients are gone'

/** A process of clients, which can be killed and frozen. */
export class ClientsProcess {
  readonly #child: ChildProcess
  readonly #onBroken: (what: string) => void
  readonly #waiting = new Map<number, Waiting>()
  readonly #gone: Promise<unknown>
  #last = 0
  #isExpected = false
  #connected = 0
  #devices = 0

  constructor(program: string, onBroken: (what: string) => void) {
    this.#onBroken = onBroken
    this.#child = spawn(process.execPath, ['--unhandled-rejections=strict', program], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    adopt(this.#child)
    this.#child.on('message', (message: Answer) => this.#hear(message))
    this.#gone = once(this.#child, 'exit').then(([code]) => this.#ended(code))
  }

  /** Every device that it has is connected. */
  get isConnected(): boolean {
    return this.#devices > 0 && this.#connected === this.#devices
  }

  ask(request: Request): Promise<unknown> {
    this.#last += 1
    const id = this.#last
    return new Promise((resolve, reject) => {
      if (!this.#child.connected) {
        reject(new Error(GONE))
        return
      }
      this.#waiting.set(id, { resolve, reject })
      this.#child.send({ id, request }, (error) => {
        if (error !== null) reject(error)
      })
    })
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal)
  }

  async kill(): Promise<void> {
    this.#isExpected = true
    this.#child.kill('SIGKILL')
    await this.#gone
  }

  #hear({ id, value, error, connected, of }: Answer): void {
    if (connected !== undefined && of !== undefined) {
      this.#connected = connected
      this.#devices = of
    }
    if (id === undefined) return
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) waiting?.resolve(value)
    else waiting?.reject(new Error(error))
  }

  #ended(code: unknown): void {
    this.#connected = 0
    if (!this.#isExpected)
      this.#onBroken(`a process of clients ended by itself with ${String(code)}`)
    for (const { reject } of this.#waiting.values()) reject(new Error(GONE))
    this.#waiting.clear()
  }
}
