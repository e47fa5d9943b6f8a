import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { scratchFolder } from './scratch.ts'

/** A Postgres of our own that can be crashed and frozen. */
export interface MortalPostgres extends AsyncDisposable {
  readonly port: number
  /** Of a new, empty database. */
  createDatabase(name: string): Promise<void>
  urlOf(database: string, port: number): string
  /** `-m immediate` and a new start: nothing is written to the end, all sessions are gone. Resolves when it serves. */
  crash(): Promise<void>
  /** Until `steady` it may end by itself: there is no room on its disk. */
  full(): void
  /** Has it need room at once, for a new file of its log. */
  switchLog(): Promise<void>
  /** There is room again. Resolves when it serves. */
  steady(): Promise<void>
  freeze(): void
  thaw(): void
  /** Ends so many sessions of a database as an administrator would; answers how many there were to end. */
  endSessions(database: string, most: number): Promise<number>
  /** What the sessions of a database do that are not idle, or wait for, a line each. */
  listSessions(database: string): Promise<readonly string[]>
}

const SUPERVISOR = fileURLToPath(new URL('./postgres-supervisor.mjs', import.meta.url))

/** How long it may take to serve again, milliseconds: on a machine with much else to do. */
const STEADY_MS = 120_000

/**
 * Starts it, from the binaries of npm, under a process that removes everything when we are gone, however we went.
 * @param folder where its data go @default a new one
 */
export async function startMortalPostgres(
  folder = mkdtempSync(join(scratchFolder(), 'tidings-chaos-')),
): Promise<MortalPostgres> {
  const supervisor = spawn(process.execPath, [SUPERVISOR, folder], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const port = await nextPort(supervisor)
  const say = (word: string) => void supervisor.stdin?.write(`${word}\n`)
  const urlOf = (database: string, at: number) => `postgres://postgres@127.0.0.1:${at}/${database}`
  const administer = async <T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> => {
    const sql = postgres(urlOf('postgres', port), { max: 1, onnotice: () => undefined })
    try {
      return await work(sql)
    } finally {
      await sql.end({ timeout: 1 })
    }
  }
  return {
    port,
    urlOf,
    createDatabase: (name) =>
      administer(async (sql) => void (await sql.unsafe(`create database ${name}`))),
    async crash() {
      const served = nextPort(supervisor)
      say('crash')
      await served
    },
    full: () => say('full'),
    switchLog: () => administer(async (sql) => void (await sql`select pg_switch_wal()`)),
    async steady() {
      const deadline = performance.now() + STEADY_MS
      const serves = () =>
        administer(async (sql) => (await sql`select 1`).length > 0).catch(() => false)
      while (!(await serves())) {
        if (performance.now() > deadline) throw new Error('Postgres does not serve again')
        await pause(50)
      }
      say('steady')
    },
    freeze: () => say('freeze'),
    thaw: () => say('thaw'),
    endSessions: (database, most) =>
      administer(async (sql) => {
        const ended = await sql`
          select pg_terminate_backend(pid) from pg_stat_activity where datname = ${database}
          order by random() limit ${most}`
        return ended.length
      }),
    listSessions: (database) =>
      administer(async (sql) => {
        const sessions = await sql`
          select pid, state, wait_event_type, wait_event, pg_blocking_pids(pid) as blocked_by,
            now() - xact_start as transaction, now() - state_change as since, left(query, 120) as query
          from pg_stat_activity where datname = ${database} and state <> 'idle' order by xact_start nulls last, pid`
        return sessions.map((session) => JSON.stringify(session))
      }),
    async [Symbol.asyncDispose]() {
      if (supervisor.exitCode !== null) return
      const gone = once(supervisor, 'exit')
      supervisor.stdin?.end()
      await gone
    },
  }
}

async function nextPort(supervisor: ChildProcess): Promise<number> {
  if (supervisor.stdout === null) throw new Error('nobody hears where Postgres is')
  const gone = once(supervisor, 'exit').then(() => {
    throw new Error('Postgres did not start')
  })
  // It is told of by the race, and later nobody's concern.
  gone.catch(() => undefined)
  const [line] = (await Promise.race([once(supervisor.stdout, 'data'), gone])) as [Buffer]
  return Number(line.toString())
}
