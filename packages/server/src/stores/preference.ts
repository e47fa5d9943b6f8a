import type { Json, Preference } from '@tidings/protocol/wire'
import { and, eq, type SQL } from 'drizzle-orm'
import type { Database } from '../db/database.ts'
import type { Source, Target } from './conversation.ts'

type Tables = Database['tables']

/** As it is kept; all of it is null where a member has never set anything. */
export interface PreferenceRow {
  readonly mutedUntil: number | null
  readonly archived: number | null
  readonly pinnedAt: number | null
  readonly ownData: Json | null
}

/** The columns of {@link PreferenceRow}. */
export function preferenceColumns({ preferences }: Tables) {
  const { mutedUntil, archived, pinnedAt, data: ownData } = preferences
  return { mutedUntil, archived, pinnedAt, ownData }
}

/** The preference of the member who is joined as `members`. */
export function ofSame({ members, preferences }: Tables): SQL | undefined {
  return and(
    eq(preferences.userKey, members.userKey),
    eq(preferences.conversationKey, members.conversationKey),
  )
}

/** As it crosses the wire. */
export function toPreference({
  mutedUntil,
  archived,
  pinnedAt,
  ownData,
}: PreferenceRow): Preference {
  return { mutedUntil, archived: archived === 1, pinnedAt, data: ownData }
}

/** Whose preference about what. */
export interface PreferencePlace {
  readonly conversationKey: number
  readonly userKey: number
}

/** What a member has set; for one who has set nothing, that. */
export async function getPreference(
  { tables, read }: Source,
  { conversationKey, userKey }: PreferencePlace,
): Promise<Preference> {
  const { preferences } = tables
  const [row] = await read
    .select(preferenceColumns(tables))
    .from(preferences)
    .where(and(eq(preferences.userKey, userKey), eq(preferences.conversationKey, conversationKey)))
  return toPreference(row ?? { mutedUntil: null, archived: null, pinnedAt: null, ownData: null })
}

/** Takes the place of what he has set before. */
export async function putPreference(
  { tables, tx }: Target,
  place: PreferencePlace,
  { mutedUntil, archived, pinnedAt, data }: Preference,
): Promise<void> {
  const { preferences } = tables
  const set = { mutedUntil, archived: archived ? 1 : 0, pinnedAt, data }
  await tx
    .insert(preferences)
    .values({ ...place, ...set })
    .onConflictDoUpdate({ target: [preferences.userKey, preferences.conversationKey], set })
}
