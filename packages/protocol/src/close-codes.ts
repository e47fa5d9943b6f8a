/** Why a WebSocket is closed by the server, and whether a client should come back by itself. */
export interface CloseCode {
  readonly reason: string
  /** `soon`: at once with jitter. `later`: with a longer back-off. `never`: only after the user or the app acts. */
  readonly reconnect: 'soon' | 'later' | 'never'
}

/** The closed table of close codes: 1000–1015 as in RFC 6455 and its registry, 4000–4999 ours. */
export const CLOSE_CODES = {
  1000: { reason: 'closed', reconnect: 'never' },
  1001: { reason: 'going away', reconnect: 'soon' },
  1002: { reason: 'protocol error', reconnect: 'later' },
  1003: { reason: 'unsupported data', reconnect: 'never' },
  1006: { reason: 'connection lost', reconnect: 'soon' },
  1007: { reason: 'invalid data', reconnect: 'later' },
  1008: { reason: 'policy violation', reconnect: 'later' },
  1009: { reason: 'message too big', reconnect: 'later' },
  1011: { reason: 'server error', reconnect: 'later' },
  1012: { reason: 'server restarts', reconnect: 'soon' },
  1013: { reason: 'try again later', reconnect: 'later' },
  4401: { reason: 'not authenticated', reconnect: 'never' },
  4403: { reason: 'session ended', reconnect: 'never' },
  4408: { reason: 'authentication took too long', reconnect: 'later' },
  4429: { reason: 'too many calls or connections', reconnect: 'later' },
} as const satisfies Record<number, CloseCode>

/** A close code that the server uses. */
export type KnownCloseCode = keyof typeof CLOSE_CODES

/** What to do after a close: unknown codes are treated as a lost connection. */
export function closeCodeOf(code: number): CloseCode {
  const table: Readonly<Record<number, CloseCode>> = CLOSE_CODES
  return table[code] ?? CLOSE_CODES[1006]
}
