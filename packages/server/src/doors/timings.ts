/** When the doors act by themselves, milliseconds. Tests shorten them; nothing else should. */
export interface DoorTimings {
  /** A WebSocket that has not authenticated within this time is closed with 4408. @default 10_000 */
  readonly authenticateMs: number
  /** Every connection is pinged once in this time; one that has not answered by the next ping is cut. @default 30_000 */
  readonly keepAliveMs: number
  /** A numbered connection that has not called method 20 goes live from the heads. @default 5_000 */
  readonly liveMs: number
  /** Device cursors are gathered for at most this long. @default 30_000 */
  readonly cursorMs: number
  /** How often the doors look after what is due. @default 1_000 */
  readonly tickMs: number
  /** The headers of a request must have come within this time. @default 10_000 */
  readonly headersMs: number
  /** A whole request, body included. @default 30_000 */
  readonly requestMs: number
  /** A server that stops gives running requests this long. @default 4_000 */
  readonly closeMs: number
}

export const DEFAULT_TIMINGS: DoorTimings = {
  authenticateMs: 10_000,
  keepAliveMs: 30_000,
  liveMs: 5_000,
  cursorMs: 30_000,
  tickMs: 1_000,
  headersMs: 10_000,
  requestMs: 30_000,
  closeMs: 4_000,
}
