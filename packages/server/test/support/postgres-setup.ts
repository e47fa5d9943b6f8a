import { randomBytes } from 'node:crypto'
import { createServer, type Socket } from 'node:net'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import type { TestProject } from 'vitest/node'
import { startPostgres, type PostgresServer } from './embedded-postgres.ts'
import { scratchFolder } from './scratch.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** A folder of this run: all that is left in it goes at the end. */
    runFolder: string
    /** Where a test asks for the run's Postgres: a socket that answers one line with its URL. */
    postgresSocket: string
  }
}

/**
 * The one Postgres of a test run, started when the first test asks for it, so that a run without database tests does not
 * pay for it. `TEST_POSTGRES_URL` names a server to be used instead.
 */
export default function setup(project: TestProject): () => Promise<void> {
  const folder = mkdtempSync(join(scratchFolder(), 'tidings-run-'))
  const path =
    process.platform === 'win32' ? `\\\\.\\pipe\\tidings-${process.pid}` : join(folder, 's')
  let server: Promise<PostgresServer> | undefined
  const template = `tidings_test_${randomBytes(6).toString('hex')}`
  const askers = new Set<Socket>()
  const door = createServer((asker) => {
    askers.add(asker)
    asker.on('error', () => {})
    server ??= startPostgres(process.env['TEST_POSTGRES_URL'], folder)
    server.then(
      ({ url }) => asker.end(JSON.stringify({ url, template })),
      (error: unknown) => asker.end(JSON.stringify({ error: String(error) })),
    )
  })
  door.listen(path)
  door.unref()
  project.provide('runFolder', folder)
  project.provide('postgresSocket', path)
  return async () => {
    for (const asker of askers) asker.destroy()
    door.close()
    // When it did not start, the tests have said so.
    const running = await server?.catch(() => undefined)
    if (running?.isLent === true) await dropDatabases(running.url, template)
    await running?.stop()
    for (const left of [folder, ...bundlesOf(folder)])
      rmSync(left, { recursive: true, force: true })
  }
}

/** What the run has bundled; it lies where its packages are found. */
function bundlesOf(folder: string): string[] {
  const parent = fileURLToPath(new URL('../../node_modules', import.meta.url))
  if (!existsSync(parent)) return []
  const names = readdirSync(parent).filter((name) => name.startsWith(`.${basename(folder)}-`))
  return names.map((name) => join(parent, name))
}

/** The template of the run and its copies. A server of our own goes as a whole; one that was lent is left as it was. */
async function dropDatabases(url: string, template: string): Promise<void> {
  const admin = postgres(url, { max: 1, onnotice: () => {} })
  await admin`update pg_database set datistemplate = false where datname = ${template}`
  const found = await admin`select datname from pg_database where starts_with(datname, ${template})`
  for (const { datname } of found) await admin.unsafe(`drop database "${datname}" with (force)`)
  await admin.end()
}
