import type { Position } from '@tidings/protocol/sync'
import type { Event, Message } from '@tidings/protocol/wire'
import type { DialectHost } from '../device/dialect.ts'
import type { FollowerSink } from '../device/follower-sink.ts'
import type { ProofLedger } from '../device/proof.ts'
import type { Directory } from './directory.ts'
import { toSeedMessage } from './seed-message.ts'

/** Turns messages of direct conversations into messages; this seed knows of nothing else. */
export class Seed001Sink implements FollowerSink {
  readonly #host: DialectHost
  readonly #directory: Directory
  readonly #ledger: ProofLedger | undefined
  #hasEnded = false

  constructor(host: DialectHost, directory: Directory, ledger: ProofLedger | undefined) {
    this.#host = host
    this.#directory = directory
    this.#ledger = ledger
  }

  async apply(stream: string, events: readonly Event[], position: Position): Promise<void> {
    const { socket } = this.#host
    for (const event of events) {
      if (event.type === 'message.created') await this.#tell(event.body.message)
      if (socket.congested) await socket.drained()
      if (this.#hasEnded) return
    }
    if (this.#ledger === undefined) return
    this.#ledger.sent(stream, position)
    this.#host.prove()
  }

  async #tell(message: Message): Promise<void> {
    const correspondents = await this.#directory.correspondents(message.conversationId)
    if (correspondents === undefined || this.#hasEnded) return
    this.#host.socket.send(JSON.stringify(toSeedMessage(message, correspondents)))
  }

  reset(stream: string): void {
    this.#ledger?.refuse(stream)
  }

  signals(): void {
    // This seed has none.
  }

  caughtUp(): void {
    // Its clients cannot be told.
  }

  end(): void {
    this.#hasEnded = true
  }

  get congested(): boolean {
    return this.#host.socket.congested
  }

  drained(): Promise<void> {
    return this.#host.socket.drained()
  }
}
