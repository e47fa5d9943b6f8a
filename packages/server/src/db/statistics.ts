import { getTableName } from 'drizzle-orm'
import type { Lane } from './postgres-lane.ts'
import { postgresTables } from './postgres-tables.ts'

const NAMES = Object.values(postgresTables).map((table) => `'${getTableName(table)}'`)

/** Tables at least twice as large as Postgres last knew. One page holds too little to be worth it. */
const OUTGROWN = `select relname from pg_class
  where oid = any(array[${NAMES.join()}]::regclass[])
    and pg_relation_size(oid) / current_setting('block_size')::int >= greatest(2 * relpages, 2)`

/**
 * Has Postgres look at the tables that have outgrown what it knows of them. A prepared query keeps its plan until then, and what
 * is best for a hundred rows takes seconds for a hundred thousand: autovacuum looks once a minute at the most.
 */
export async function analyzeOutgrown(lane: Lane): Promise<void> {
  for (const [name] of (await lane.run(OUTGROWN)).rows) await analyze(lane, String(name))
}

async function analyze(lane: Lane, name: string): Promise<void> {
  await lane.run('begin')
  try {
    await lane.run('set local statement_timeout = 0')
    // Another node may be at it.
    await lane.run(`analyze (skip_locked) "${name}"`, [], { isPatient: true })
    await lane.run('commit')
  } catch (error) {
    if (!lane.isDead) await lane.run('rollback')
    throw error
  }
}
