import { connect, type Socket } from 'node:net'
import postgres from 'postgres'
import { ConnectionLostError, toDatabaseError } from './errors.ts'

/** How a statement is sent and answered. */
export interface RunOptions {
  /** Keep the parsed statement on the connection: for texts of which there are few. @default false */
  readonly prepare?: boolean
  /** Rows as objects by column name instead of arrays. @default false */
  readonly objects?: boolean
  /** Wait for the answer for as long as the connection lives: for what may rightly take minutes. @default false */
  readonly isPatient?: boolean
}

/** What a statement has brought. */
export interface Answer {
  readonly rows: unknown[][]
  /** What Postgres says that it did: it answers COMMIT with `ROLLBACK` after a failure. */
  readonly command: string
}

/** One connection to Postgres. Once lost it is dead for ever: nothing is ever sent again on a connection made anew. */
export interface Lane {
  readonly isDead: boolean
  /** When the last statement was sent, ms of `performance.now`. */
  readonly askedAt: number
  /** Runs a statement; rejects with a TidingsError, UNAVAILABLE when the connection is lost or the answer late. */
  run(text: string, parameters?: readonly unknown[], options?: RunOptions): Promise<Answer>
  /** Settles as `work` does, or rejects with UNAVAILABLE as soon as the lane dies. */
  whileAlive<T>(work: Promise<T>): Promise<T>
  close(): Promise<void>
}

/** Options of {@link openLane}. */
export interface LaneOptions {
  readonly url: string
  readonly readOnly: boolean
  /** A statement not answered for this long is given up together with its connection, ms. */
  readonly answerMs: number
  /** What the server gives up by itself, ms. */
  readonly timeouts: Timeouts
  /** What others have notified, on a lane that listens. */
  readonly onNotified?: ((text: string) => void) | undefined
  /** The lane is dead; called once. */
  readonly onDead?: ((error: Error) => void) | undefined
}

/** The server's own limits of one connection, ms. */
export interface Timeouts {
  /** Waiting for a lock. */
  readonly lock: number
  /** One statement. */
  readonly statement: number
  /** A transaction in which nothing happens. */
  readonly idle: number
}

const MAX_CONNECT_MS = 5000

const connectMs = ({ answerMs }: LaneOptions) => Math.min(answerMs, MAX_CONNECT_MS)

/** Opens a connection. Rejects with UNAVAILABLE when the server cannot be reached, or falls silent before it is open. */
export async function openLane(options: LaneOptions): Promise<Lane> {
  let socket: Socket | undefined
  const life = new LaneLife((error) => {
    socket?.destroy()
    options.onDead?.(error)
  })
  const client = postgres(options.url, {
    ...clientOptions(options),
    socket: async (target: Target) => {
      // Nor when somebody in front of Postgres accepts and closes at once: postgres.js would dial without a pause.
      if (life.isDead || socket !== undefined)
        throw new ConnectionLostError('a lane does not connect again')
      socket = dial(target)
      return await connected(socket, target)
    },
    onnotify: (_name: string, text: string) => options.onNotified?.(text),
    onclose: () => {
      life.die(new ConnectionLostError('the connection to Postgres was closed'))
    },
    // `socket` is an option of postgres.js that its types do not have.
  } as unknown as postgres.Options<Record<string, never>>)
  try {
    const connection = await life.within(connectMs(options), reserve(client))
    return new PostgresLane(connection, { client, life, answerMs: options.answerMs })
  } catch (error) {
    life.die(new ConnectionLostError('the connection to Postgres could not be made'))
    void client.end({ timeout: 0 })
    throw toDatabaseError(error)
  }
}

/** The reserved connection, not the client: the client would connect again by itself, outside of the transaction. */
async function reserve(client: postgres.Sql): Promise<postgres.ReservedSql> {
  // Connects first: in postgres.js 3.4.9 `reserve` on an unconnected client waits for ever when `fetch_types` is off. Its own limit
  // of time ends with the handshake, before this is answered.
  await client.unsafe('select 1')
  return await client.reserve()
}

function clientOptions(options: LaneOptions) {
  const { readOnly, timeouts } = options
  const verbatim = { serialize: (text: string) => text, parse: (text: string) => text }
  return {
    max: 1,
    fetch_types: false,
    connect_timeout: connectMs(options) / 1000,
    idle_timeout: 0,
    max_lifetime: null,
    onnotice: () => {},
    types: {
      // Our integers are sequence numbers, keys and milliseconds: all far below 2^53.
      bigint: { to: 20, from: [20], serialize: String, parse: Number },
      json: { to: 114, from: [114, 3802], ...verbatim },
    },
    connection: {
      application_name: 'tidings',
      lock_timeout: timeouts.lock,
      statement_timeout: timeouts.statement,
      idle_in_transaction_session_timeout: timeouts.idle,
      default_transaction_isolation: 'read committed',
      default_transaction_read_only: readOnly,
    },
  }
}

interface Target {
  readonly host: readonly string[]
  readonly port: readonly number[]
  /** Of a Unix socket. */
  readonly path: string | false
}

/** Our own socket, because only its owner can destroy it when the network has gone silent. */
function dial({ host: [host = 'localhost'], port: [port = 5432], path }: Target): Socket {
  return typeof path === 'string' ? connect(path) : connect(port, host)
}

function connected(socket: Socket, { host: [host = 'localhost'] }: Target): Promise<Socket> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('close', () =>
      reject(new ConnectionLostError('Postgres did not accept the connection in time')),
    )
    socket.once('connect', () => {
      socket.removeListener('error', reject)
      socket.setNoDelay(true)
      // postgres.js reads it for the server's name under TLS.
      resolve(Object.assign(socket, { host }))
    })
  })
}

/** The end of a lane, and who must be told about it. */
class LaneLife {
  readonly #waiting = new Set<(error: Error) => void>()
  readonly #onDead: (error: Error) => void
  isDead = false

  constructor(onDead: (error: Error) => void) {
    this.#onDead = onDead
  }

  die(error: Error): void {
    if (this.isDead) return
    this.isDead = true
    this.#onDead(error)
    for (const reject of this.#waiting) reject(error)
    this.#waiting.clear()
  }

  /** Settles as `answer` does, or rejects when the lane dies first: postgres.js forgets statements of a broken connection. */
  async race<T>(answer: PromiseLike<T>): Promise<T> {
    // Not one promise for the whole life: each race would stay attached to it.
    let tell = (_: Error): void => {}
    const died = new Promise<never>((_, reject) => {
      tell = reject
    })
    this.#waiting.add(tell)
    try {
      return await Promise.race([answer, died])
    } finally {
      this.#waiting.delete(tell)
    }
  }

  /** The same; what has not been answered after so long, ms, ends the lane. */
  async within<T>(ms: number, answer: PromiseLike<T>): Promise<T> {
    const giveUp = (): void =>
      this.die(new ConnectionLostError(`Postgres did not answer within ${ms} ms`))
    const timer = setTimeout(giveUp, ms)
    try {
      return await this.race(answer)
    } finally {
      clearTimeout(timer)
    }
  }
}

interface LaneParts {
  readonly client: postgres.Sql
  readonly life: LaneLife
  readonly answerMs: number
}

class PostgresLane implements Lane {
  readonly #connection: postgres.ReservedSql
  readonly #parts: LaneParts
  askedAt = performance.now()

  constructor(connection: postgres.ReservedSql, parts: LaneParts) {
    this.#connection = connection
    this.#parts = parts
  }

  get isDead(): boolean {
    return this.#parts.life.isDead
  }

  async run(
    text: string,
    parameters: readonly unknown[] = [],
    { prepare = false, objects = false, isPatient = false }: RunOptions = {},
  ): Promise<Answer> {
    const { life, answerMs } = this.#parts
    if (life.isDead) throw toDatabaseError(new ConnectionLostError('the connection is closed'))
    this.askedAt = performance.now()
    try {
      const query = this.#connection.unsafe(text, [...parameters] as never[], { prepare })
      const answer = objects ? query : query.values()
      const rows = await (isPatient ? life.race(answer) : life.within(answerMs, answer))
      return { rows: rows as unknown[] as unknown[][], command: rows.command }
    } catch (error) {
      throw toDatabaseError(error)
    }
  }

  async whileAlive<T>(work: Promise<T>): Promise<T> {
    try {
      return await this.#parts.life.race(work)
    } catch (error) {
      throw toDatabaseError(error)
    }
  }

  async close(): Promise<void> {
    const { life, client } = this.#parts
    await client.end({ timeout: 0 })
    life.die(new ConnectionLostError('the connection to Postgres was closed'))
  }
}
