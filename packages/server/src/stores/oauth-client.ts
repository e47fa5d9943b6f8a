import type { LegacySwitch, OAuthClientState, OAuthGrantType } from '@tidings/protocol/wire'
import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'
import { isAmong, list } from '../db/row-set.ts'
import { perDatabase } from './per-database.ts'

/** A registered client, as it is stored. */
export interface OAuthClientRow {
  readonly key: number
  /** The `client_id`. */
  readonly id: string
  /** None of a public client. */
  readonly secretDigest: string | null
  readonly name: string
  readonly description: string | null
  readonly clientUri: string | null
  readonly logoUri: string | null
  readonly creatorKey: number
  readonly state: OAuthClientState
  readonly suspendedAt: number | null
  readonly deletedAt: number | null
  readonly grantTypes: readonly OAuthGrantType[]
  readonly legacySwitches: readonly LegacySwitch[]
  readonly createdAt: number
  readonly updatedAt: number
}

/** What is written of a new client; the rest begins as it must. */
export type NewOAuthClient = Omit<
  OAuthClientRow,
  'key' | 'state' | 'suspendedAt' | 'deletedAt' | 'legacySwitches' | 'updatedAt'
>

/** What may change of a client: never its id. */
export type OAuthClientChange = Partial<
  Omit<OAuthClientRow, 'key' | 'id' | 'creatorKey' | 'createdAt' | 'updatedAt'>
> & { readonly updatedAt: number }

function clientColumns({ tables: { oauthClients } }: Database) {
  return {
    key: oauthClients.key,
    id: oauthClients.id,
    secretDigest: oauthClients.secretDigest,
    name: oauthClients.name,
    description: oauthClients.description,
    clientUri: oauthClients.clientUri,
    logoUri: oauthClients.logoUri,
    creatorKey: oauthClients.creatorKey,
    state: oauthClients.state,
    suspendedAt: oauthClients.suspendedAt,
    deletedAt: oauthClients.deletedAt,
    grantTypes: oauthClients.grantTypes,
    legacySwitches: oauthClients.legacySwitches,
    createdAt: oauthClients.createdAt,
    updatedAt: oauthClients.updatedAt,
  }
}

/** Writes a new client, a draft. */
export async function insertOAuthClient(
  database: Database,
  tx: Tx,
  client: NewOAuthClient,
): Promise<OAuthClientRow> {
  const [row] = await tx
    .insert(database.tables.oauthClients)
    .values({ ...client, state: 'draft', legacySwitches: [], updatedAt: client.createdAt })
    .returning(clientColumns(database))
  if (row === undefined) throw new Error('an insert returned no row')
  return row
}

/** Finds a client that has not been deleted. */
export async function findOAuthClient(
  database: Database,
  reader: Reader,
  by: { readonly id: string } | { readonly key: number },
): Promise<OAuthClientRow | undefined> {
  const queries = clientQueries(database)
  const [row] = await ('id' in by ? queries.byId(reader, by) : queries.byKey(reader, by))
  return row
}

const clientQueries = perDatabase((database) => {
  const { oauthClients } = database.tables
  const query = (by: 'id' | 'key') => {
    const isIt = eq(oauthClients[by], sql.placeholder(by))
    return database.prepare((on) =>
      on
        .select(clientColumns(database))
        .from(oauthClients)
        .where(and(isIt, isNull(oauthClients.deletedAt)))
        .limit(1),
    )
  }
  return { byId: query('id'), byKey: query('key') }
})

/** The same, held until the transaction ends: what is given to a client must not cross with taking it away. */
export async function lockOAuthClient(
  database: Database,
  tx: Tx,
  key: number,
): Promise<OAuthClientRow | undefined> {
  const { oauthClients } = database.tables
  const [row] = await database.forUpdate(
    tx
      .select(clientColumns(database))
      .from(oauthClients)
      .where(and(eq(oauthClients.key, key), isNull(oauthClients.deletedAt)))
      .limit(1),
  )
  return row
}

/** Holds clients, however many, until the transaction ends: in the order of their keys, so that no two wait for each other. */
export async function lockOAuthClients(
  database: Database,
  tx: Tx,
  keys: readonly number[],
): Promise<void> {
  await holdQuery(database)(tx, { keys: list(keys) })
}

const holdQuery = perDatabase((database) => {
  const { oauthClients } = database.tables
  const isOne = isAmong(database.engine, oauthClients.key, 'keys')
  return database.prepare((on) =>
    database.forUpdate(
      on
        .select({ key: oauthClients.key })
        .from(oauthClients)
        .where(isOne)
        .orderBy(asc(oauthClients.key)),
    ),
  )
})

/** Writes what is new about a client. */
export async function updateOAuthClient(
  database: Database,
  tx: Tx,
  { key, change }: { key: number; change: OAuthClientChange },
): Promise<OAuthClientRow> {
  const { oauthClients } = database.tables
  const [row] = await tx
    .update(oauthClients)
    .set({ ...change })
    .where(eq(oauthClients.key, key))
    .returning(clientColumns(database))
  if (row === undefined) throw new Error('the client is gone')
  return row
}

/** In the order in which they were given. */
export async function listRedirectUris(
  { tables: { oauthRedirectUris } }: Database,
  reader: Reader,
  clientKey: number,
): Promise<string[]> {
  const rows = await reader
    .select({ redirectUri: oauthRedirectUris.redirectUri })
    .from(oauthRedirectUris)
    .where(eq(oauthRedirectUris.clientKey, clientKey))
    .orderBy(asc(oauthRedirectUris.position), asc(oauthRedirectUris.redirectUri))
  return rows.map(({ redirectUri }) => redirectUri)
}

/** Puts others in their place. */
export async function replaceRedirectUris(
  { tables: { oauthRedirectUris } }: Database,
  tx: Tx,
  { clientKey, redirectUris }: { clientKey: number; redirectUris: readonly string[] },
): Promise<void> {
  await tx.delete(oauthRedirectUris).where(eq(oauthRedirectUris.clientKey, clientKey))
  const rows = [...new Set(redirectUris)].map((redirectUri, position) => ({
    clientKey,
    redirectUri,
    position,
  }))
  if (rows.length > 0) await tx.insert(oauthRedirectUris).values(rows)
}
