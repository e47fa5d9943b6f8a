import { and, count, eq, isNotNull, isNull } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { administrator, outcomeOf } from '../pages/resident.ts'
import { describeEngines } from '../support/databases.ts'
import { runSql } from '../support/run-sql.ts'
import { isClosed, liveSocket } from './live-socket.ts'
import { OAuthWorld, type TestClient } from './world.ts'

/** With each of them named twice, more than a statement may have parameters, on either engine. */
const MANY = 33_000

/** What a session of a client has, but for its id and its client. */
const SESSION = 'user_key, consent_key, scope, created_at, last_seen_at, expires_at'

const numbers = (many: number) =>
  `with recursive n (i) as (select 1 union all select i + 1 from n where i < ${many})`

/** Signs a client's user in so often, without tokens. */
function addSessions({ databaseUrl }: OAuthWorld, { row }: TestClient, often: number) {
  return runSql(
    databaseUrl,
    `insert into sessions (id, client_key, ${SESSION}) ${numbers(often)}
      select 'session-' || i, client_key, ${SESSION} from sessions, n where client_key = ${row.key}`,
  )
}

/** As many clients like one, each with a session like its own. */
function addClients({ databaseUrl }: OAuthWorld, { row }: TestClient, many: number) {
  const client = 'name, creator_key, state, grant_types, legacy_switches, created_at, updated_at'
  return runSql(
    databaseUrl,
    `insert into oauth_clients (id, ${client}) ${numbers(many)}
      select 'client-' || i, ${client} from oauth_clients, n where key = ${row.key}`,
    `insert into sessions (id, client_key, ${SESSION})
      select 'session-' || c.id, c.key, ${SESSION.replaceAll(/\w+/g, 's.$&')}
      from oauth_clients as c, sessions as s where c.id like 'client-%' and s.client_key = ${row.key}`,
  )
}

async function countLiving({ deps: { database } }: OAuthWorld, client: TestClient) {
  const { sessions } = database.tables
  const rows = await database.read
    .select({ living: count() })
    .from(sessions)
    .where(eq(sessions.clientKey, client.row.key))
    .groupBy(isNull(sessions.revokedAt))
  return rows.map(({ living }) => living)
}

describeEngines('many clients, and clients of many', (engine) => {
  test('[OAU14] a client that acts in more sessions than a statement has parameters ends as a whole', async () => {
    await using world = await OAuthWorld.open(engine)
    const [ann, client] = [await world.person('ann'), await world.client()]
    const { access } = await world.tokens(client, ann)
    await addSessions(world, client, MANY)
    const admin = await administrator(world, 'adm')
    await admin.call.admin.setClientSuspended({ clientId: client.id, suspended: true })
    expect(await outcomeOf(world.deps.auth.authenticate(access))).toBe('SESSION_REVOKED')
    expect(await countLiving(world, client)).toEqual([MANY + 1])
  })

  test('[OAU14] a base scope is taken from thousands of clients at once, and from no one that was approved for it', async () => {
    await using world = await OAuthWorld.open(engine)
    const [ann, adm] = [await world.person('ann'), await administrator(world, 'adm')]
    const [kept, lost] = [await world.client(), await world.client({ scopes: [] })]
    await adm.call.admin.updateScope({ name: 'messages:read', base: true })
    const [{ access }, other] = [await world.tokens(kept, ann), await world.tokens(lost, ann)]
    await addClients(world, lost, 10_000)
    await adm.call.admin.updateScope({ name: 'messages:read', base: false })
    expect(await outcomeOf(world.deps.auth.authenticate(other.access))).toBe('SESSION_REVOKED')
    expect(await outcomeOf(world.deps.auth.authenticate(access))).toBe('done')
    const { sessions } = world.deps.database.tables
    const isLiving = and(isNotNull(sessions.clientKey), isNull(sessions.revokedAt))
    expect(await world.deps.database.read.$count(sessions, isLiving)).toBe(1)
  })

  test('[OAU14] [ADM5] what clients have open that have a scope ends when it is deleted, and nothing else does', async () => {
    await using world = await OAuthWorld.open(engine)
    const [ann, adm] = [await world.person('ann'), await administrator(world, 'adm')]
    const name = 'app:things'
    for (const base of [false, true]) {
      const scope = { name, description: 'Do things', base, restricted: false }
      await adm.call.admin.createScope(scope)
      const scopes = ['messages:read']
      const having = await world.client({ scopes: base ? scopes : [...scopes, name] })
      const gone = await world.tokens(having, ann)
      const { access } = await world.tokens(await world.client({ scopes }), ann)
      await using socket = await liveSocket(world, gone.access)
      await adm.call.admin.deleteScope({ name })
      await isClosed(socket)
      const outcome = await outcomeOf(world.deps.auth.authenticate(access))
      expect(outcome).toBe(base ? 'SESSION_REVOKED' : 'done')
      expect((await world.refresh(having, gone.refresh)).status).toBe(400)
    }
  })
})
