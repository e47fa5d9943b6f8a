import { and, eq, inArray, sql } from 'drizzle-orm'
import type { Database, Tx } from '../db/database.ts'
import { typeToNumber } from './event-type.ts'
import type { MessagePlace } from './message-place.ts'
import { deleteDetails } from './message-detail.ts'
import { perDatabase } from './per-database.ts'

/** Puts another body in the place of a message's; `editSeq` is the edit that says so. */
export async function updateMessageBody(
  database: Database,
  tx: Tx,
  change: MessagePlace & { readonly body: unknown; editedAt: number; editSeq: number },
): Promise<void> {
  const { streamKey, seq, body, editedAt, editSeq } = change
  const { events } = database.tables
  await tx
    .update(events)
    .set({ body, editedAt, editSeq })
    .where(and(eq(events.streamKey, streamKey), eq(events.seq, seq)))
}

/** Says which is the newest event about a message, an edit or a reaction. */
export async function updateNewestAbout(
  database: Database,
  tx: Tx,
  { streamKey, seq, editSeq }: MessagePlace & { readonly editSeq: number },
): Promise<void> {
  const { events } = database.tables
  await tx
    .update(events)
    .set({ editSeq })
    .where(and(eq(events.streamKey, streamKey), eq(events.seq, seq)))
}

/** What is left of the events about a message, by their types. */
interface Left {
  readonly edit: unknown
  readonly reaction: unknown
}

/**
 * Leaves nothing of what a message said, or was said to it: neither in its own row, nor a digest of it, nor in the rows of
 * its edits and reactions, nor beside them.
 */
export async function eraseMessage(
  database: Database,
  tx: Tx,
  erased: MessagePlace & {
    readonly editSeq: number | null
    readonly body: unknown
    readonly left: Left
  },
): Promise<void> {
  const { streamKey, seq, editSeq, body, left } = erased
  const { events } = database.tables
  await tx
    .update(events)
    .set({ body, payloadHash: null })
    .where(and(eq(events.streamKey, streamKey), eq(events.seq, seq)))
  await deleteDetails(database, tx, { streamKey, seq })
  for (let next = editSeq; next !== null;) {
    const portion = await listAbout(database, tx, { streamKey, newest: next })
    await eraseAbout(database, tx, { streamKey, seqs: portion.seqs, left })
    next = portion.next
  }
}

/** Events about a message that one statement goes through: there may be any number, and a statement has little time. */
const PORTION = 1000

/** The newest events about a message, and where those before them begin; each names the one before it. */
async function listAbout(
  database: Database,
  tx: Tx,
  about: { readonly streamKey: number; readonly newest: number },
): Promise<{ readonly seqs: readonly number[]; readonly next: number | null }> {
  const rows = await aboutQuery(database)(tx, about)
  const next = rows.length > PORTION ? rows.pop() : undefined
  return { seqs: rows.map(({ seq }) => seq), next: next?.seq ?? null }
}

const aboutQuery = perDatabase((database) => {
  const { events } = database.tables
  const streamKey = sql`cast(${sql.placeholder('streamKey')} as bigint)`
  // Looked up for each place: of a join, the planner may read all events at every step.
  const before = sql`(select edit_seq from ${events} where stream_key = ${streamKey} and seq = about_seq)`
  const about = sql`(
    with recursive about(about_seq, place) as (
      select cast(${sql.placeholder('newest')} as bigint), 0
      union all
      select ${before}, place + 1 from about where about_seq is not null and place < ${sql.raw(`${PORTION}`)}
    )
    select about_seq, place from about where about_seq is not null
  ) as found`
  return database.prepare((on) =>
    on
      .select({ seq: sql<number>`about_seq`.mapWith(events.seq).as('seq') })
      .from(about)
      .orderBy(sql`place`),
  )
})

async function eraseAbout(
  database: Database,
  tx: Tx,
  about: { readonly streamKey: number; readonly seqs: readonly number[]; readonly left: Left },
): Promise<void> {
  const { streamKey, seqs, left } = about
  const { events } = database.tables
  const bodies = [
    ['message.reacted', left.reaction],
    ['message.edited', left.edit],
  ] as const
  const isAbout = and(eq(events.streamKey, streamKey), inArray(events.seq, [...seqs]))
  for (const [type, body] of bodies) {
    const isOfType = eq(events.type, typeToNumber(type))
    await tx.update(events).set({ body }).where(and(isAbout, isOfType))
  }
}
