import { type Credentials, isTidingsError } from '@tidings/protocol/wire'
import { eq } from 'drizzle-orm'
import type { Actor } from '../../src/auth/actor.ts'
import type { Auth } from '../../src/auth/auth.ts'
import { openAuth } from '../../src/auth/open-auth.ts'
import { systemClock, type Clock } from '../../src/clock.ts'
import { type ConfigOptions, resolveConfig } from '../../src/config.ts'
import { openJournal } from '../../src/journal/open.ts'
import { createLogger } from '../../src/logger.ts'
import { systemMachine as machine } from '../../src/machine.ts'
import { createCaller } from '../../src/rpc/root.ts'
import type { Context } from '../../src/rpc/context.ts'
import { createFigures } from '../../src/figures.ts'
import type { Mail, Mailer } from '../../src/mailer.ts'
import { openPost } from '../../src/services/post.ts'
import type { Deps } from '../../src/services/deps.ts'
import { openTestDatabase, type Engine, type TestDatabase } from '../support/databases.ts'
import { quickPasswords } from '../support/quick-passwords.ts'

const SECRET = 'a secret of tests that is long enough 0123456789'
export const PASSWORD = 'correct horse'

type Caller = ReturnType<typeof createCaller>

/** A database with accounts, and the router above it; live delivery is a list of what it was told. */
export interface AccountWorld extends AsyncDisposable {
  readonly database: TestDatabase
  readonly auth: Auth
  readonly deps: Deps
  /** Lines of the log. */
  readonly log: string[]
  /** Session keys that live delivery was told to cut off, in order. */
  readonly cutOff: number[]
  /** What was sent, in order. */
  readonly mails: readonly Mail[]
  /** Resolves once what was asked for is sent. */
  posted(): Promise<void>
  /** Nobody, or whom an access token speaks for. */
  as(accessToken?: string, source?: Partial<Context['source']>): Promise<Caller>
  actor(credentials: Credentials): Promise<Actor>
  register(username: string): Promise<Credentials>
  login(username: string, device?: { deviceId: string }): Promise<Credentials>
  /** Moves everything that the database holds about sign-ins into the past. */
  age(ms: number): Promise<void>
}

export interface WorldOptions extends ConfigOptions {
  readonly clock?: Clock
  /** To be shared with another world, as by two nodes. */
  readonly database?: TestDatabase
}

export async function openAccountWorld(
  engine: Engine,
  options: WorldOptions = {},
): Promise<AccountWorld> {
  const { clock = systemClock, ...configured } = options
  const database = options.database ?? (await openTestDatabase(engine))
  const config = resolveConfig({ secrets: [SECRET], ...configured })
  const lines: string[] = []
  const log = createLogger({
    level: 'info',
    destination: { write: (line) => void lines.push(line) },
  })
  const journal = openJournal({ database, epoch: 7 })
  const { secrets, limits } = config
  const auth = openAuth({
    database,
    clock,
    secrets,
    limits,
    log,
    passwords: quickPasswords(),
  })
  const cutOff: number[] = []
  const mails: Mail[] = []
  const mailer: Mailer = { send: (mail) => Promise.resolve(void mails.push(mail)) }
  let isPosting = false
  const held: (() => void)[] = []
  // Nothing is done until a test says so.
  const wait = () => new Promise<void>((go) => (isPosting ? go() : void held.push(go)))
  const post = openPost({ mailer, machine: { wait, after: machine.after }, log })
  const realtime = { sessionsRevoked: (keys: readonly number[]) => void cutOff.push(...keys) }
  // What live delivery and receipts would do is not asked of them here; anything else fails loudly.
  const parts = {
    database,
    journal,
    realtime,
    auth,
    providers: new Map(),
    clock,
    machine,
    config,
    log,
    post,
    figures: createFigures(),
  }
  const deps = parts as unknown as Deps
  const world: AccountWorld = {
    database,
    auth,
    deps,
    log: lines,
    cutOff,
    mails,
    async posted() {
      isPosting = true
      for (const go of held.splice(0)) go()
      await post.close()
      isPosting = false
    },
    async as(accessToken, source = {}) {
      const actor = accessToken === undefined ? null : await auth.authenticate(accessToken)
      const from = { door: 'local', ip: '127.0.0.1', origin: null, ...source } as const
      return createCaller({ deps, actor, source: from, transport: null })
    },
    actor: (credentials) => auth.authenticate(credentials.accessToken),
    async register(username) {
      const { credentials } = await (
        await world.as()
      ).account.register({ username, password: PASSWORD, signIn: true })
      if (credentials === null) throw new Error('not signed in')
      return credentials
    },
    async login(username, device) {
      return (await world.as()).account.login({ login: username, password: PASSWORD, device })
    },
    age: (ms) => age(database, ms),
    async [Symbol.asyncDispose]() {
      await journal.close()
      if (options.database === undefined) await database[Symbol.asyncDispose]()
    },
  }
  return world
}

/** The code with which a call is refused, or `done`. */
export async function outcomeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'done',
    (error: unknown) => {
      const cause = isTidingsError(error) ? error : error instanceof Error ? error.cause : undefined
      if (!isTidingsError(cause)) throw error
      return cause.code
    },
  )
}

/** Postgres owns its clock, so time passes by moving the rows instead. */
async function age(database: TestDatabase, ms: number): Promise<void> {
  const { sessions, refreshTokens, tickets } = database.tables
  await database.tx(async (tx) => {
    for (const row of await tx.select().from(sessions)) {
      const { createdAt, lastSeenAt, expiresAt } = row
      const past = {
        createdAt: createdAt - ms,
        lastSeenAt: lastSeenAt - ms,
        expiresAt: expiresAt - ms,
      }
      await tx.update(sessions).set(past).where(eq(sessions.key, row.key))
    }
    for (const row of await tx.select().from(refreshTokens)) {
      const usedAt = row.usedAt === null ? null : row.usedAt - ms
      const past = { createdAt: row.createdAt - ms, expiresAt: row.expiresAt - ms, usedAt }
      await tx.update(refreshTokens).set(past).where(eq(refreshTokens.digest, row.digest))
    }
    for (const row of await tx.select().from(tickets)) {
      const past = { createdAt: row.createdAt - ms, expiresAt: row.expiresAt - ms }
      await tx.update(tickets).set(past).where(eq(tickets.digest, row.digest))
    }
  })
}
