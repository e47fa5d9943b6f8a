import { TidingsError, type KnownCloseCode } from '@tidings/protocol/wire'
import type { Auth } from '../../auth/auth.ts'
import { toTidingsError } from '../../rpc/errors.ts'
import type { Actor } from '../../services/actor.ts'
import type { DoorSocket } from '../socket.ts'
import { closeCodeFor, type Credential } from './credential.ts'
import { readConnectionParams, writeError, type FrameItem } from './frames.ts'

/** The connection that is to be let in. */
export interface EntryHost {
  readonly socket: DoorSocket
  send(frame: string): void
  close(code: KnownCloseCode): void
  /** Calls that have come along. */
  waiting(): readonly FrameItem[]
  /** As somebody, or as nobody. @throws TidingsError TOO_MANY_CONNECTIONS */
  enter(actor: Actor | null): void
}

/** How one client is let in, by the token of its handshake or of its first frame; forgotten when it is. */
export class Entry {
  readonly #host: EntryHost
  readonly #auth: Pick<Auth, 'authenticate'>
  #expectsParams = false

  constructor(host: EntryHost, auth: Pick<Auth, 'authenticate'>) {
    this.#host = host
    this.#auth = auth
  }

  start(credential: Credential): void {
    this.#expectsParams = credential.kind === 'first-frame'
    if (!this.#expectsParams)
      this.#admit(credential.kind === 'token' ? credential.token : undefined)
  }

  /** The next frame is for `introduce`. */
  get expectsParams(): boolean {
    return this.#expectsParams
  }

  introduce(text: string): void {
    this.#expectsParams = false
    const params = readConnectionParams(text)
    if (params === undefined) {
      const problem = 'The first frame must hold the connectionParams.'
      this.#reject(new TidingsError('UNAUTHENTICATED', problem))
    } else this.#admit(params.token)
  }

  #admit(token: string | undefined): void {
    const who = token === undefined ? Promise.resolve(null) : this.#auth.authenticate(token)
    who
      .then((actor) => this.#host.enter(actor))
      .catch((thrown: unknown) => this.#reject(toTidingsError(thrown)))
  }

  /** A definite answer, then the close code: a client that waits for its first call must not wait for ever. */
  #reject(error: TidingsError): void {
    const host = this.#host
    host.send(writeError({ id: null }, error))
    // As tRPC does: who waits under an id of his own learns nothing from an error without one.
    for (const item of host.waiting()) {
      // A stranger may have sent thousands, and read none of this.
      if (host.socket.congested) break
      if (!('problem' in item) && item.method !== 'subscription.stop')
        host.send(writeError(item, error))
    }
    host.close(closeCodeFor(error))
  }
}
