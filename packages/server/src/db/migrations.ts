import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import type { Database } from './database.ts'
import { DatabaseOpenError } from './errors.ts'

/** One step of the schema. */
export interface Migration {
  /** When it was made, ms: its identity and its place in the order. */
  readonly madeAt: number
  readonly statements: readonly string[]
}

// From `src/db`, from `dist/db` and from the bundle in `dist/bundle` alike.
const FOLDER = fileURLToPath(new URL('../../migrations', import.meta.url))

/** The migrations that this version knows, oldest first. */
export function readMigrations(engine: Database['engine'], folder = FOLDER): readonly Migration[] {
  return readMigrationFiles({ migrationsFolder: join(folder, engine) }).map((file) => ({
    madeAt: file.folderMillis,
    statements: file.sql,
  }))
}

/**
 * The migrations still to be applied. Throws {@link DatabaseOpenError} NEWER_VERSION when the database has one that this
 * version does not know: writing to it could destroy what a newer version relies on.
 */
export function pendingMigrations(
  known: readonly Migration[],
  applied: readonly number[],
): readonly Migration[] {
  const unknown = applied.filter(
    (madeAt) => !known.some((migration) => migration.madeAt === madeAt),
  )
  if (unknown.length > 0) {
    throw new DatabaseOpenError(
      'NEWER_VERSION',
      'The database was opened by a newer version of Tidings. Start that version, or restore a backup made before it.',
    )
  }
  return known.filter((migration) => !applied.includes(migration.madeAt))
}

/** Where the applied ones are kept, on both engines. */
export const CREATE_MIGRATIONS =
  'create table if not exists migrations (made_at bigint primary key not null, applied_at bigint not null)'
