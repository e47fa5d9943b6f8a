/** What a command works with. */
export interface CommandOptions {
  readonly databaseUrl: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Results as one JSON object. */
  readonly json: boolean
  /** What was named besides. */
  readonly words: readonly string[]
  readonly flags: ReadonlySet<string>
  /** Says on standard error, in one line, why it cannot be done. */
  readonly fail: (reason: string) => void
  /** Writes to standard output. */
  readonly write: (text: string) => void
}
