import { Column, is, Param, Placeholder } from 'drizzle-orm'
import type { Preparable, Reader, Statement, Tx } from './database.ts'

/** Runs texts where a `tx` or `read` does: in its transaction, or outside. */
export interface Runner {
  /** Rows as arrays. */
  rows(text: string, parameters: readonly unknown[]): unknown[][] | Promise<unknown[][]>
  /** For what has none. */
  run(text: string, parameters: readonly unknown[]): unknown
}

// On the builder itself: what only a weak map knows outlives the collections of young garbage, transaction for transaction.
const RUNNER = Symbol('runner')

interface Bound {
  readonly [RUNNER]?: Runner
}

/** Makes a builder one that prepared queries can run on. */
export function bindRunner<T extends Tx>(builder: T, runner: Runner): T {
  return Object.assign(builder, { [RUNNER]: runner })
}

/** What drizzle has made of a query: on SQLite and on Postgres it names the same things differently. */
interface Prepared {
  readonly query: { readonly sql: string; readonly params: readonly unknown[] }
  readonly fields?: Fields | undefined
  readonly executeMethod?: 'run' | 'get' | 'all'
}

type Fields = readonly { readonly path: readonly string[]; readonly field: unknown }[]
type Values = Readonly<Record<string, unknown>>
type ToRow = (row: unknown[]) => unknown

interface Compiled {
  readonly text: string
  readonly parameters: readonly ((values: Values) => unknown)[]
  readonly toRow: ToRow | undefined
  readonly isSingle: boolean
}

/**
 * `Database.prepare`: drizzle builds the query once for the whole database, from then on its text is run as it stands.
 * Drizzle's own prepared queries are bound to one connection and take several promises and a closure a row.
 */
export function prepareWith<Q extends Preparable>(
  template: Tx,
  build: (on: Tx) => Q,
): Statement<Awaited<Q>> {
  let compiled: Compiled | undefined
  const run = (on: Tx | Reader, values: Values = {}): Promise<unknown> => {
    compiled ??= compile(build(template))
    const runner = (on as Bound)[RUNNER]
    if (runner === undefined) return Promise.reject(new Error('a query on no database'))
    return execute(runner, compiled, values)
  }
  return run as Statement<Awaited<Q>>
}

async function execute(runner: Runner, compiled: Compiled, values: Values): Promise<unknown> {
  const { text, toRow, isSingle } = compiled
  const parameters = compiled.parameters.map((parameter) => parameter(values))
  if (toRow === undefined) return runner.run(text, parameters)
  const answer = runner.rows(text, parameters)
  const rows = answer instanceof Promise ? await answer : answer
  if (isSingle) return rows[0] && toRow(rows[0])
  return rows.map(toRow)
}

function compile(query: Preparable): Compiled {
  // Drizzle's Postgres statements want a name; its SQLite ones take none and ignore it.
  const prepared = query.prepare('prepared' as never) as Prepared
  const { fields, executeMethod } = prepared
  return {
    text: prepared.query.sql,
    parameters: prepared.query.params.map(parameterOf),
    toRow: fields && rowMapper(fields),
    isSingle: executeMethod === 'get',
  }
}

/** As drizzle's fillPlaceholders, decided once. */
function parameterOf(parameter: unknown): (values: Values) => unknown {
  if (is(parameter, Placeholder)) return (values) => valueOf(values, parameter.name)
  if (is(parameter, Param) && is(parameter.value, Placeholder)) {
    const { encoder } = parameter
    const { name } = parameter.value
    return (values) => encoder.mapToDriverValue(valueOf(values, name))
  }
  return () => parameter
}

function valueOf(values: Values, name: string): unknown {
  const value = values[name]
  if (value === undefined && !(name in values))
    throw new Error(`a query was run without a value for "${name}"`)
  return value
}

interface Decoder {
  mapFromDriverValue(value: unknown): unknown
}

/** As drizzle's mapResultRow, with what does not depend on the row decided once. */
function rowMapper(fields: Fields): ToRow {
  const places = fields.map(({ path, field }) => ({
    name: nameOf(path),
    decoder: decoderOf(field),
  }))
  return (row) => {
    const result: Record<string, unknown> = {}
    for (const [at, { name, decoder }] of places.entries()) {
      const raw = row[at]
      result[name] = raw === null || decoder === undefined ? raw : decoder.mapFromDriverValue(raw)
    }
    return result
  }
}

/** A whole table beside another would be an object in the row, null when it was not joined: nobody selects so. */
function nameOf([name, ...inner]: readonly string[]): string {
  if (name === undefined || inner.length > 0)
    throw new Error('a prepared query selects columns, each under a name of its own')
  return name
}

/** Undefined for one that changes nothing. */
function decoderOf(field: unknown): Decoder | undefined {
  const decoder = is(field, Column) ? (field as Decoder) : decoderOfExpression(field)
  return decoder.mapFromDriverValue === Column.prototype.mapFromDriverValue ? undefined : decoder
}

interface Expression {
  readonly decoder?: Decoder
  readonly sql?: { readonly decoder: Decoder }
  readonly _?: { readonly sql: { readonly decoder: Decoder } }
}

function decoderOfExpression(field: unknown): Decoder {
  const { decoder, sql, _ } = field as Expression
  const found = decoder ?? sql?.decoder ?? _?.sql.decoder
  if (found === undefined) throw new Error('a selected field that cannot be decoded')
  return found
}
