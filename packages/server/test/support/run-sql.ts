import postgres from 'postgres'
import { pathOfFileUrl } from '../../src/db/files.ts'
import { openFile } from './open-file.ts'

/** Runs statements behind the back of whoever has a database open, without looking at foreign keys on SQLite. */
export async function runSql(databaseUrl: string, ...statements: readonly string[]): Promise<void> {
  if (databaseUrl.startsWith('file:')) {
    const connection = openFile(pathOfFileUrl(databaseUrl))
    connection.pragma('foreign_keys = off')
    for (const statement of statements) connection.exec(statement)
    connection.close()
    return
  }
  const connection = postgres(databaseUrl, { max: 1, onnotice: () => {} })
  for (const statement of statements) await connection.unsafe(statement)
  await connection.end()
}
