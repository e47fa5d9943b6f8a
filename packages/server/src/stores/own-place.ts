import { and, eq, isNull } from 'drizzle-orm'
import type { Source, Target } from './conversation.ts'

/** One member's place in a conversation. */
export interface OwnPlace {
  readonly conversationKey: number
  readonly userKey: number
}

/** What a present member has hidden. */
export interface HiddenRow {
  readonly clearedSeq: number
  readonly hidden: number
}

/** What the member has hidden; undefined unless he is in the conversation now. */
export async function findHidden(
  { tables: { members }, read }: Source,
  place: OwnPlace,
): Promise<HiddenRow | undefined> {
  const rows = await read
    .select({ clearedSeq: members.clearedSeq, hidden: members.hidden })
    .from(members)
    .where(and(isOf(members, place), eq(members.state, 'active')))
  return rows[0]
}

/** Takes the conversation out of the member's list, and what lies up to a seq out of his sight. */
export async function hideUpTo(
  { tables: { members }, tx }: Target,
  place: OwnPlace,
  clearedSeq: number,
): Promise<void> {
  await tx.update(members).set({ clearedSeq, hidden: 1 }).where(isOf(members, place))
}

/** The first seq of a stream that a user sees of the time that he is there now. */
export async function findSpanStart(
  { tables: { spans }, read }: Source,
  { streamKey, userKey }: { readonly streamKey: number; readonly userKey: number },
): Promise<number | undefined> {
  const rows = await read
    .select({ fromSeq: spans.fromSeq })
    .from(spans)
    .where(and(eq(spans.streamKey, streamKey), eq(spans.userKey, userKey), isNull(spans.toSeq)))
  return rows[0]?.fromSeq
}

function isOf(members: Source['tables']['members'], { conversationKey, userKey }: OwnPlace) {
  return and(eq(members.conversationKey, conversationKey), eq(members.userKey, userKey))
}
