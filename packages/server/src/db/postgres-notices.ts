import { openLane } from './postgres-lane.ts'

/** Options of {@link openNotices}. */
export interface NoticesOptions {
  readonly url: string
  /** What is listened to, in small letters, digits and underscores. */
  readonly name: string
  /** Without an answer for so long the connection is given up, ms. */
  readonly answerMs: number
  /** A text that somebody has sent, this process too. */
  readonly onText: (text: string) => void
  /** The connection is lost. */
  readonly onBroken: (error: Error) => void
}

/** Texts between the processes that use one database, by NOTIFY. */
export interface Notices {
  /** Sends texts of less than 8000 bytes. Resolves once Postgres has taken them. */
  send(texts: readonly string[]): Promise<void>
  close(): void
}

/**
 * Opens a connection of its own that listens. What is sent is a transaction of its own: NOTIFY takes a lock on the whole
 * cluster of databases until its commit, which a transaction that also writes would hold while the disk is forced.
 */
export async function openNotices(options: NoticesOptions): Promise<Notices> {
  const { url, name, answerMs, onText, onBroken } = options
  const lane = await openLane({
    url,
    readOnly: false,
    answerMs,
    timeouts: { lock: answerMs, statement: answerMs, idle: answerMs },
    onNotified: onText,
    onDead: onBroken,
  })
  try {
    // Nothing that is sent here needs to outlive a crash.
    await lane.run('set synchronous_commit = off')
    await lane.run(`listen "${name}"`)
  } catch (error) {
    void lane.close()
    throw error
  }
  return {
    async send(texts) {
      const parameters = [name, JSON.stringify(texts)]
      await lane.run(SEND, parameters, { prepare: true })
    },
    close: () => void lane.close(),
  }
}

const SEND = 'select pg_notify($1, text) from json_array_elements_text($2::text::json) as text'
