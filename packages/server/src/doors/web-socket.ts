import { WebSocket } from 'ws'

/** Hears what happens on one WebSocket. */
export interface WebSocketListener {
  frame(data: Buffer, isBinary: boolean): void
  pinged(payload: Buffer): void
  ponged(payload: Buffer): void
  /** The frame that closes is about to be sent, whoever asked for it: what waits must go before it. */
  closing(): void
  /** Once. */
  gone(): void
}

/**
 * A WebSocket that tells one listener. Functions for each event, and the table that holds them, would be a large part of
 * what an idle connection costs. Until it has a listener it is as any other.
 */
export class DoorWebSocket extends WebSocket {
  #listener: WebSocketListener | undefined

  /** From now on everything goes to this one, and errors to nobody: `ws` closes the connection with the right code. */
  tell(listener: WebSocketListener): void {
    this.#listener = listener
  }

  override close(code?: number, data?: string | Buffer): void {
    this.#listener?.closing()
    super.close(code, data)
  }

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const listener = this.#listener
    if (listener === undefined) return super.emit(event, ...args)
    const [data, isBinary] = args
    if (event === 'close') listener.gone()
    else if (Buffer.isBuffer(data)) hear(listener, event, { data, isBinary: isBinary === true })
    return true
  }
}

function hear(
  listener: WebSocketListener,
  event: string | symbol,
  { data, isBinary }: { readonly data: Buffer; readonly isBinary: boolean },
): void {
  if (event === 'message') listener.frame(data, isBinary)
  else if (event === 'ping') listener.pinged(data)
  else if (event === 'pong') listener.ponged(data)
}
