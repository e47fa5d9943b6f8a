/**
 * What a test may say about the server of its kit. Written down here, so that an app's declarations need no server; that the
 * server takes it is checked where it is handed over.
 */
export interface TestKitServerOptions {
  /** @default so generous that no test meets them */
  readonly limits?: TestKitLimits | undefined
  /** @default 'open' */
  readonly registration?: 'open' | 'closed' | undefined
  /** Characters. @default 8 */
  readonly passwordMinLength?: number | undefined
}

/** The budgets of a server, by the names of its own option `limits`. */
export interface TestKitLimits {
  readonly callsPerSecond?: number | undefined
  readonly callsBurst?: number | undefined
  readonly ipCallsPerSecond?: number | undefined
  readonly ipCallsBurst?: number | undefined
  readonly messagesPerSecond?: number | undefined
  readonly messagesBurst?: number | undefined
  readonly connectionsPerUser?: number | undefined
  readonly connectionsPerIp?: number | undefined
  /** Wrong passwords for one account within 15 minutes. */
  readonly loginFailures?: number | undefined
  readonly loginFailuresPerIp?: number | undefined
  readonly registrationsPerIp?: number | undefined
}
