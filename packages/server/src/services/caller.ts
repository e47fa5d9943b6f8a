/** Where a call comes from that is made without being signed in, or that makes a ticket. */
export interface Caller {
  readonly ip: string
  /** The browser's Origin header; null when there was none. */
  readonly origin: string | null
}
