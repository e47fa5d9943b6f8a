import type { Database } from '../db/database.ts'

/** What `build` makes of a database, made once for each: a prepared query lives as long as its database. */
export function perDatabase<T extends object>(
  build: (database: Database) => T,
): (database: Database) => T {
  const built = new WeakMap<Database, T>()
  return (database) => {
    let known = built.get(database)
    if (known === undefined) {
      known = build(database)
      built.set(database, known)
    }
    return known
  }
}
