/** What a command works with. */
export interface CommandOptions {
  readonly databaseUrl: string
  /** Results as one JSON object. */
  readonly json: boolean
  /** Writes to standard output. */
  readonly write: (text: string) => void
}
