import { createLogger, type Logger } from '../../src/logger.ts'
import { holdsSecret } from './leaks.ts'

/** A log that nobody reads but this: whatever a server of any test writes is searched for secrets. */
export interface WatchedLog {
  readonly log: Logger
  /** Throws when a secret was written. */
  check(): void
}

/** Writes everything, to the last detail. `secrets` are those that have no shape, such as passwords. */
export function openWatchedLog(secrets: readonly string[]): WatchedLog {
  const leaks: string[] = []
  const write = (line: string): void => {
    if (holdsSecret(line, secrets)) leaks.push(line)
  }
  return {
    log: createLogger({ level: 'trace', destination: { write } }),
    check() {
      if (leaks.length > 0) throw new Error(`[OBS4] secrets in the log: ${leaks.join('')}`)
    },
  }
}
