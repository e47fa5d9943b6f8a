import { getTableName } from 'drizzle-orm'
import { sqlStateOf } from './errors.ts'
import type { Lane } from './postgres-lane.ts'
import { postgresTables } from './postgres-tables.ts'

const NAMES = Object.values(postgresTables).map((table) => `'${getTableName(table)}'`)

/** Tables at least twice as large as Postgres last knew. One page holds too little to be worth it. */
const OUTGROWN = `select relname from pg_class
  where oid = any(array[${NAMES.join()}]::regclass[])
    and pg_relation_size(oid) / current_setting('block_size')::int >= greatest(2 * relpages, 2)`

/** What a statement ends with that has had its time. */
const TIMED_OUT = '57014'

/**
 * Has Postgres look at the tables that have outgrown what it knows of them. A prepared query keeps its plan until then, and what
 * is best for a hundred rows takes seconds for a hundred thousand: autovacuum looks once a minute at the most.
 */
export class Statistics {
  /** Those that take longer than a statement may: they are left to autovacuum, which has no hurry with what is so large. */
  readonly #left = new Set<string>()

  async refresh(lane: Lane): Promise<void> {
    const names = (await lane.run(OUTGROWN)).rows.map(([name]) => String(name))
    for (const name of names) if (!this.#left.has(name)) await this.#analyze(lane, name)
  }

  async #analyze(lane: Lane, name: string): Promise<void> {
    try {
      // Another node may be at it.
      await lane.run(`analyze (skip_locked) "${name}"`)
    } catch (error) {
      if (sqlStateOf(error) === TIMED_OUT) this.#left.add(name)
      throw error
    }
  }
}
