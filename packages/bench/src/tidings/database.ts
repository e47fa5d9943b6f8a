import { randomBytes } from 'node:crypto'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import connect from 'postgres'
import { openFolder } from '../folder.ts'
import type { Postgres } from '../subject.ts'

/** One database, which goes when it is closed. */
export interface Database extends AsyncDisposable {
  readonly url: string
}

/** Makes an empty one, or a copy of one that nobody uses. */
export async function openDatabase(
  postgres: Postgres | undefined,
  from?: string,
): Promise<Database> {
  return postgres === undefined ? openFile(from) : await openInPostgres(postgres, from)
}

function openFile(from: string | undefined): Database {
  const folder = openFolder()
  const file = join(folder.path, 'tidings.db')
  if (from !== undefined) copyFileSync(from.slice('file:'.length), file)
  return {
    url: `file:${file}`,
    async [Symbol.asyncDispose]() {
      folder[Symbol.dispose]()
      await Promise.resolve()
    },
  }
}

async function openInPostgres({ url }: Postgres, from: string | undefined): Promise<Database> {
  const name = `bench_${randomBytes(6).toString('hex')}`
  const template = from === undefined ? '' : ` template ${new URL(from).pathname.slice(1)}`
  await execute(url, `create database ${name}${template}`)
  const own = new URL(url)
  own.pathname = `/${name}`
  return {
    url: own.href,
    [Symbol.asyncDispose]: () => execute(url, `drop database if exists ${name} with (force)`),
  }
}

async function execute(url: string, statement: string): Promise<void> {
  const sql = connect(url, { max: 1, onnotice: () => {} })
  try {
    await sql.unsafe(statement)
  } finally {
    await sql.end()
  }
}
