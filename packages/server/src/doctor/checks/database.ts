import type { Check, Dialect } from '../check.ts'
import { UNIQUE } from './unique.ts'

/** The database as a whole. */
export function databaseChecks({ engine }: Dialect): readonly Check[] {
  const checks = [epoch(engine), engine === 'sqlite' ? sqliteIndexes : postgresIndexes]
  return engine === 'sqlite' ? [file, ...checks] : checks
}

const file: Check = {
  name: 'file',
  promise: 'the file is whole, and its indexes say what its tables say',
  rules: ['DB25'],
  broken: `
    select integrity_check as problem from pragma_integrity_check where integrity_check <> 'ok'`,
}

function epoch(engine: Dialect['engine']): Check {
  const isNumber =
    engine === 'sqlite'
      ? `value not glob '*[^0-9]*' and value glob '[1-9]*'`
      : `value ~ '^[1-9][0-9]*$'`
  return {
    name: 'epoch',
    promise: 'the database has an epoch, a whole number of 48 bits',
    rules: ['DB1', 'SYN12'],
    broken: `
      select 'none' as epoch
      where not exists (
        select 1 from settings where name = 'epoch' and ${isNumber} and length(value) <= 15)`,
  }
}

const WANTED = UNIQUE.map(({ index }) => `select '${index}' as name`).join(' union all ')

const sqliteIndexes: Check = {
  name: 'indexes',
  promise: 'the indexes that keep everything unique are there',
  rules: ['DB15'],
  broken: `
    select wanted.name as missing from (${WANTED}) as wanted
    left join (
      select i.name from sqlite_master t join pragma_index_list(t.name) i
      where t.type = 'table' and i."unique" = 1
    ) as found on found.name = wanted.name
    where found.name is null`,
}

const postgresIndexes: Check = {
  ...sqliteIndexes,
  broken: `
    select wanted.name as missing from (${WANTED}) as wanted
    left join (
      select c.relname as name from pg_index i join pg_class c on c.oid = i.indexrelid
      where i.indisunique and i.indisvalid and pg_table_is_visible(c.oid)
    ) as found on found.name = wanted.name
    where found.name is null`,
}
