import { asc, eq } from 'drizzle-orm'
import type { Event } from '@tidings/protocol/wire'
import { systemClock } from '../../../src/clock.ts'
import { pathOfFileUrl } from '../../../src/db/files.ts'
import { openDatabase } from '../../../src/db/open.ts'
import { readEpoch } from '../../../src/db/settings.ts'
import { examine } from '../../../src/doctor/examine.ts'
import { storedOf, toEvent } from '../../../src/journal/event.ts'
import { openFile } from '../../support/open-file.ts'

/** What a user may see of a stream. */
export interface DurableSpan {
  readonly userId: string
  readonly from: number
  readonly to: number | null
}

/** A stream as the database has it. */
export interface DurableStream {
  readonly name: string
  readonly head: number
  readonly headTag: number
  /** In the order of their seqs. */
  readonly events: readonly Event[]
  readonly spans: readonly DurableSpan[]
}

/** What survived. */
export interface Durable {
  readonly epoch: number
  readonly streams: ReadonlyMap<string, DurableStream>
}

/** Reads everything; on SQLite the server must have ended, and the file is checked for damage too. */
export async function readDurable(url: string): Promise<Durable> {
  if (url.startsWith('file:')) checkFile(pathOfFileUrl(url))
  await requireHealthy(url)
  const database = await openDatabase({
    url,
    clock: systemClock,
    postgres: { writers: 1, readers: 1 },
  })
  try {
    const { events, streams, users, spans } = database.tables
    const rows = await database.read
      .select({
        event: events,
        stream: streams.name,
        actorId: users.id,
      })
      .from(events)
      .innerJoin(streams, eq(streams.key, events.streamKey))
      .leftJoin(users, eq(users.key, events.actorKey))
      .orderBy(asc(events.streamKey), asc(events.seq))
    const seers = await database.read
      .select({ stream: streams.name, userId: users.id, from: spans.fromSeq, to: spans.toSeq })
      .from(spans)
      .innerJoin(streams, eq(streams.key, spans.streamKey))
      .innerJoin(users, eq(users.key, spans.userKey))
    const names = await database.read.select().from(streams)
    const found = names.map(({ name, head, headTag }) => ({
      name,
      head,
      headTag,
      events: rows
        .filter(({ stream }) => stream === name)
        .map(({ event, stream, actorId }) => toEvent(storedOf({ ...event, stream, actorId }))),
      spans: seers
        .filter(({ stream }) => stream === name)
        .map(({ userId, from, to }) => ({ userId, from, to })),
    }))
    return {
      epoch: await readEpoch(database),
      streams: new Map(found.map((stream) => [stream.name, stream])),
    }
  } finally {
    await database.close()
  }
}

/** Whatever has happened to the processes, the doctor must be content with what they have left. */
async function requireHealthy(url: string): Promise<void> {
  const { checks } = await examine(url)
  const problems = checks.filter(({ found, failure }) => found > 0 || failure !== undefined)
  if (problems.length > 0) throw new Error(`the doctor says: ${JSON.stringify(problems)}`)
}

function checkFile(file: string): void {
  const connection = openFile(file)
  const problems = [
    connection.pragma('integrity_check', { simple: true }),
    ...(connection.pragma('foreign_key_check') as unknown[]),
  ]
  connection.close()
  if (problems.length !== 1 || problems[0] !== 'ok')
    throw new Error(`the file is damaged: ${JSON.stringify(problems)}`)
}
