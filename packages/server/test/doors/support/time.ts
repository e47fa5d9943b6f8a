import postgres from 'postgres'
import type { Clock } from '../../../src/clock.ts'
import type { Engine } from '../../support/databases.ts'

/** A time of tests that passes when told to. */
export interface TestTime {
  /** For the server. */
  readonly clock: Clock
  /** Makes everything in the database older. */
  pass(databaseUrl: string, ms: number): Promise<void>
  /** What a device's clock shows. */
  now(): number
}

/** SQLite has the server's clock, which is ours; Postgres has its own, so there the past is moved instead. */
export function createTime(engine: Engine): TestTime {
  let passed = 0
  const now = () => Date.now() + passed
  if (engine === 'sqlite') {
    return {
      clock: { now },
      now,
      pass: (_, ms) => {
        passed += ms
        return Promise.resolve()
      },
    }
  }
  return {
    clock: { now: () => Date.now() },
    now: () => Date.now(),
    async pass(databaseUrl, ms) {
      const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined })
      await sql`update events set ts = ts - ${ms}`
      await sql`update streams set last_ts = greatest(0, last_ts - ${ms})`
      await sql`update sessions set created_at = created_at - ${ms}`
      await sql.end()
    },
  }
}
