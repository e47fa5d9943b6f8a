import { randomInt } from 'node:crypto'
import { copyFileSync, rmSync } from 'node:fs'
import { eq } from 'drizzle-orm'
import postgres from 'postgres'
import { systemClock } from '../../../src/clock.ts'
import { pathOfFileUrl } from '../../../src/db/files.ts'
import { openDatabase } from '../../../src/db/open.ts'
import { openFile } from '../../support/open-file.ts'

/** A backup. */
export interface Copy {
  /** Puts it in the place of the database. No server may run, and the copy is used up. */
  putBack(): Promise<void>
}

/** Copies a database as an operator does: SQLite under the running server, Postgres when it has ended. */
export function copyDatabase(url: string): Promise<Copy> {
  return url.startsWith('file:') ? copyFile(pathOfFileUrl(url)) : copyPostgres(url)
}

async function copyFile(file: string): Promise<Copy> {
  const copy = `${file}.copy`
  const connection = openFile(file, { readonly: true })
  connection.prepare('vacuum into ?').run(copy)
  connection.close()
  return {
    async putBack() {
      for (const ending of ['', '-wal', '-shm']) rmSync(`${file}${ending}`, { force: true })
      copyFileSync(copy, file)
      rmSync(copy)
    },
  }
}

async function copyPostgres(url: string): Promise<Copy> {
  const name = new URL(url).pathname.slice(1)
  // A server that was killed may have sessions that do not know it yet.
  const end = `select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '${name}'`
  await administer(url, end, `create database ${name}_copy template ${name}`)
  return {
    putBack: () =>
      administer(
        url,
        `drop database ${name} with (force)`,
        `alter database ${name}_copy rename to ${name}`,
      ),
  }
}

async function administer(url: string, ...statements: readonly string[]): Promise<void> {
  const admin = postgres(Object.assign(new URL(url), { pathname: '/postgres' }).href, {
    max: 1,
    onnotice: () => undefined,
  })
  try {
    for (const statement of statements) await admin.unsafe(statement)
  } finally {
    await admin.end()
  }
}

/** What an operator does after putting a copy back: every position of every client loses its meaning. No server may run. */
export async function changeEpoch(url: string): Promise<void> {
  const database = await openDatabase({ url, clock: systemClock })
  const { settings } = database.tables
  const value = String(randomInt(1, 2 ** 48 - 1))
  await database.tx(async (tx) => {
    await tx.update(settings).set({ value }).where(eq(settings.name, 'epoch'))
  })
  await database.close()
}
