import type { Preparable, Reader, Statement, Tx } from './database.ts'

interface Prepared {
  execute(values?: Record<string, unknown>): unknown
}

/** `Database.prepare`: the query is built once for every builder it runs on (reader, writer, each connection). */
export function prepareWith<Q extends Preparable>(build: (on: Tx) => Q): Statement<Awaited<Q>> {
  const built = new WeakMap<Tx | Reader, Prepared>()
  const run = async (on: Tx | Reader, values: Record<string, unknown> = {}): Promise<unknown> => {
    let prepared = built.get(on)
    if (prepared === undefined) {
      // Drizzle's Postgres statements want a name; its SQLite ones take none and ignore it.
      prepared = build(on as Tx).prepare('prepared' as never) as Prepared
      built.set(on, prepared)
    }
    return await prepared.execute(values)
  }
  return run as Statement<Awaited<Q>>
}
