/** What a client tells the workload that drives it. Seqs are those of its one conversation. */
export interface Listener {
  /** A message of its own is durable; in the order of sending. */
  acked(seq: number): void
  /** A message of somebody else has come in. */
  received(text: string): void
  /** The other one has everything up to here. */
  delivered(seq: number): void
}

/** Listens to nothing. */
export const NOBODY: Listener = { acked: ignore, received: ignore, delivered: ignore }

function ignore(): void {
  // Nobody asks.
}

/** One signed-in connection that hears what is new. */
export interface Client {
  /** Sends texts in this order, in as few frames as its protocol allows. */
  send(conversationId: string, texts: readonly string[]): void
  close(): Promise<void>
}

/** How to connect. */
export interface ConnectOptions {
  readonly url: string
  readonly token: string
  readonly listener: Listener
  /** Says of every message that it has arrived. */
  readonly receipts: boolean
}

/** What catching up takes. */
export interface CatchUpOptions {
  readonly url: string
  readonly token: string
  readonly conversationId: string
  readonly messages: number
}

/** A way to talk to a server. */
export interface Door {
  connect(options: ConnectOptions): Promise<Client>
  /** Connects, gets everything that a conversation holds, and is gone. */
  catchUp(options: CatchUpOptions): Promise<void>
}
