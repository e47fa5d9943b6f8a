import { openSnapshot, type Snapshot } from '../db/snapshot.ts'
import { dialectOf, type Check, type Finding } from './check.ts'
import { databaseChecks } from './checks/database.ts'
import { grantChecks } from './checks/grants.ts'
import { reviewChecks } from './checks/reviews.ts'
import { memberChecks } from './checks/members.ts'
import { ownChecks } from './checks/own.ts'
import { mentionChecks } from './checks/mentions.ts'
import { messageChecks } from './checks/messages.ts'
import { notificationChecks } from './checks/notifications.ts'
import { parentChecks } from './checks/parents.ts'
import { searchChecks } from './checks/search.ts'
import { peopleChecks } from './checks/people.ts'
import { spanChecks } from './checks/spans.ts'
import { streamChecks } from './checks/streams.ts'
import { uniqueChecks } from './checks/unique.ts'

/** What one check has come to. */
export interface CheckResult extends Omit<Check, 'broken'> {
  /** Places at which it does not hold; 0 when all is well. */
  readonly found: number
  /** The first few of them. */
  readonly examples: readonly Finding[]
  /** Why it could not be looked at: that is a problem too. */
  readonly failure?: string | undefined
}

/** What a database was found to be. */
export interface Examination {
  readonly engine: Snapshot['engine']
  /** True when every check holds. */
  readonly healthy: boolean
  /** How much there was to look at. */
  readonly counts: Readonly<Record<Counted, number>>
  readonly checks: readonly CheckResult[]
}

const COUNTED = ['users', 'conversations', 'streams', 'events', 'sessions'] as const
type Counted = (typeof COUNTED)[number]

/** Findings that are shown of one check. */
const EXAMPLES = 5

/**
 * Looks into everything that must hold in a database, as it stands at this moment, and changes nothing. Set-based: what it
 * holds in memory does not grow with the number of events.
 * @param onChecked told of each check as it ends
 * @throws DatabaseOpenError
 */
export async function examine(
  url: string,
  onChecked: (result: CheckResult) => void = () => undefined,
): Promise<Examination> {
  const snapshot = await openSnapshot(url)
  try {
    const checks: CheckResult[] = []
    for (const check of checksFor(snapshot.engine)) {
      const result = await carryOut(snapshot, check)
      onChecked(result)
      checks.push(result)
    }
    const healthy = checks.every(({ found, failure }) => found === 0 && failure === undefined)
    return { engine: snapshot.engine, healthy, counts: await countRows(snapshot), checks }
  } finally {
    await snapshot.close()
  }
}

/** Every check, the file itself first. */
export function checksFor(engine: Snapshot['engine']): readonly Check[] {
  const dialect = dialectOf(engine)
  return [
    ...databaseChecks(dialect),
    ...uniqueChecks(),
    ...parentChecks(),
    ...streamChecks(),
    ...messageChecks(dialect),
    ...mentionChecks(dialect),
    ...spanChecks(dialect),
    ...memberChecks(dialect),
    ...ownChecks(dialect),
    ...grantChecks(),
    ...reviewChecks(),
    ...notificationChecks(dialect),
    ...searchChecks(),
    ...peopleChecks(),
  ]
}

async function carryOut(snapshot: Snapshot, check: Check): Promise<CheckResult> {
  const { broken, ...about } = check
  try {
    const rows = await snapshot.rows(
      `select count(*) over () as found_in_all, bad.* from (${broken}) as bad limit ${EXAMPLES}`,
    )
    const found = Number(rows[0]?.['found_in_all'] ?? 0)
    const examples = rows.map(({ found_in_all: _, ...example }) => example)
    return { ...about, found, examples }
  } catch (error) {
    return { ...about, found: 0, examples: [], failure: reasonOf(error) }
  }
}

/** The driver's words: they are about the database, and this is its operator. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message : String(cause)
}

async function countRows(snapshot: Snapshot): Promise<Examination['counts']> {
  const counts = { users: 0, conversations: 0, streams: 0, events: 0, sessions: 0 }
  for (const table of COUNTED) {
    const [row] = await snapshot.rows(`select count(*) as found from ${table}`)
    counts[table] = Number(row?.['found'] ?? 0)
  }
  return counts
}
