import Sqlite from 'better-sqlite3'
import { keep } from '../../src/db/kept.ts'

/** A look into a database's file beside its server. Like the server's own, its objects are never collected. */
export function openFile(file: string, options: Sqlite.Options = {}): Sqlite.Database {
  const connection = keep(new Sqlite(file, options))
  const prepare = connection.prepare.bind(connection)
  return Object.assign(connection, { prepare: (text: string) => keep(prepare(text)) })
}
