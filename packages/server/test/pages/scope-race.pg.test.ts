import postgres from 'postgres'
import { expect, test, vi } from 'vitest'
import { OAuthWorld } from '../oauth/world.ts'
import { administrator, outcomeOf, resident, verifiedApp, type Resident } from './resident.ts'

const NAME = 'app:things'
const SCOPE = { name: NAME, description: 'Do things' }
const patient = { timeout: 60_000 }

interface Scene {
  readonly world: OAuthWorld
  readonly creator: Resident
  readonly reviewer: Resident
  readonly clientId: string
}

async function openScene(world: OAuthWorld): Promise<Scene> {
  const creator = await resident(world, 'ann')
  const reviewer = await administrator(world, 'rev')
  const { clientId } = await verifiedApp({ creator, reviewer })
  await reviewer.call.admin.createScope(SCOPE)
  return { world, creator, reviewer, clientId }
}

/** By whom a client is given the scope: each prepares it and answers the call that does. */
const WAYS = {
  review: async ({ creator, reviewer, clientId }: Scene) => {
    const asked = { clientId, scopes: [NAME], reason: 'Things are to be done.' }
    await creator.call.oauth.applyForScopes(asked)
    const [review] = (await reviewer.call.admin.listReviews({})).items
    const reviewId = review?.id ?? ''
    return () => reviewer.call.admin.decideReview({ reviewId, decision: 'approve' })
  },
  administrator:
    async ({ reviewer, clientId }: Scene) =>
    () =>
      reviewer.call.admin.setClientScopes({ clientId, scopes: [NAME] }),
}

/** A connection beside the server's, which sees how many of those wait for a lock. */
function openOnlooker({ databaseUrl }: OAuthWorld) {
  const sql = postgres(databaseUrl, { max: 2, onnotice: () => {} })
  return {
    sql,
    async waiting(): Promise<number> {
      const [row] = await sql<{ count: number }[]>`
        select count(*)::int as count from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`
      return row?.count ?? 0
    },
    [Symbol.asyncDispose]: () => sql.end(),
  }
}

/** Those that have the scope, though it may not be there any more. */
async function havingIt({ world: { deps } }: Scene): Promise<number> {
  const { oauthClientScopes } = deps.database.tables
  const rows = await deps.database.read.select().from(oauthClientScopes)
  return rows.filter(({ scope }) => scope === NAME).length
}

for (const [way, prepare] of Object.entries(WAYS)) {
  test(
    `[ADM5] a scope that is deleted while a client is given it (by ${way}) is left with nobody`,
    patient,
    async () => {
      await using world = await OAuthWorld.open('postgres')
      const scene = await openScene(world)
      const give = await prepare(scene)
      const { reviewer, clientId } = scene
      await using onlooker = openOnlooker(world)
      const { sql, waiting } = onlooker
      const outcomes: Promise<string>[] = []
      // Whoever gives it waits for this row, when it has looked at the scopes and has not committed.
      await sql
        .begin(async (between) => {
          await between`
            insert into oauth_client_scopes (client_key, scope, approved_by, approved_at)
            select key, ${NAME}, creator_key, 1 from oauth_clients where id = ${clientId}`
          outcomes.push(outcomeOf(give()))
          await vi.waitUntil(async () => (await waiting()) === 1, { timeout: 45_000 })
          let isDeleted = false
          const deletion = outcomeOf(reviewer.call.admin.deleteScope({ name: NAME }))
          outcomes.push(deletion.finally(() => (isDeleted = true)))
          const isStuck = async () => isDeleted || (await waiting()) === 2
          await vi.waitUntil(isStuck, { timeout: 45_000 })
          throw new Error('to be rolled back')
        })
        .catch((error: unknown) => expect(error).toMatchObject({ message: 'to be rolled back' }))
      const [, deleted] = await Promise.all(outcomes)
      expect(deleted).toBe('done')
      expect(await havingIt(scene)).toBe(0)
      await reviewer.call.admin.createScope(SCOPE)
      const { scopes } = await reviewer.call.admin.getClient({ clientId })
      expect(scopes).not.toContain(NAME)
    },
  )
}

test(
  '[ADM5] of a scope that is given, changed and deleted at once nothing is left, and all of them are answered',
  patient,
  async () => {
    await using world = await OAuthWorld.open('postgres')
    const scene = await openScene(world)
    const { creator, reviewer } = scene
    const { clientId: other } = await verifiedApp({ creator, reviewer })
    const { admin } = reviewer.call
    for (let round = 0; round < 5; round += 1) {
      const give = await WAYS.review(scene)
      const outcomes = await Promise.all(
        [
          give(),
          admin.setClientScopes({ clientId: other, scopes: [NAME] }),
          admin.updateScope({ name: NAME, base: true }),
          admin.updateSettings({ baseScopes: ['messages:read'] }),
          admin.deleteScope({ name: NAME }),
        ].map(outcomeOf),
      )
      for (const outcome of outcomes)
        expect(['done', 'NOT_FOUND', 'INVALID_INPUT']).toContain(outcome)
      expect(outcomes.at(-1)).toBe('done')
      expect(await havingIt(scene)).toBe(0)
      await admin.createScope(SCOPE)
    }
  },
)

test(
  '[ADM7] of two who change settings at once neither loses what he has changed',
  patient,
  async () => {
    await using world = await OAuthWorld.open('postgres')
    const { admin } = (await administrator(world, 'rev')).call
    await admin.updateSettings({ codeLifetime: 59 })
    await using onlooker = openOnlooker(world)
    const { sql, waiting } = onlooker
    const changes = await sql.begin(async (between) => {
      await between`select from settings where name = 'oauth' for update`
      const begun = [
        admin.updateSettings({ codeLength: 64 }),
        admin.updateSettings({ accessTokenLength: 100 }),
      ]
      await vi.waitUntil(async () => (await waiting()) === 2, { timeout: 45_000 })
      return { begun }
    })
    await Promise.all(changes.begun)
    const settings = await admin.getSettings()
    expect(settings).toMatchObject({ codeLifetime: 59, codeLength: 64, accessTokenLength: 100 })
    const { items } = await admin.listAudit({ limit: 2 })
    const details = items.map((entry) => JSON.stringify(entry.details))
    expect(details.toSorted()).toEqual([
      JSON.stringify({ before: { accessTokenLength: 43 }, after: { accessTokenLength: 100 } }),
      JSON.stringify({ before: { codeLength: 43 }, after: { codeLength: 64 } }),
    ])
  },
)

test(
  '[ADM5] of two who add a scope of one name at once one does, and one entry says so',
  patient,
  async () => {
    await using world = await OAuthWorld.open('postgres')
    const { admin } = (await administrator(world, 'rev')).call
    await using onlooker = openOnlooker(world)
    const { sql, waiting } = onlooker
    const outcomes: Promise<string>[] = []
    await sql
      .begin(async (between) => {
        await between`
        insert into oauth_scopes (name, description, base, restricted, created_at)
        values (${NAME}, 'To be rolled back', 0, 0, 1)`
        outcomes.push(outcomeOf(admin.createScope(SCOPE)), outcomeOf(admin.createScope(SCOPE)))
        await vi.waitUntil(async () => (await waiting()) === 2, { timeout: 45_000 })
        throw new Error('to be rolled back')
      })
      .catch((error: unknown) => expect(error).toMatchObject({ message: 'to be rolled back' }))
    expect((await Promise.all(outcomes)).toSorted()).toEqual(['INVALID_INPUT', 'done'])
    expect((await admin.listAudit({ target: NAME })).items).toHaveLength(1)
  },
)
