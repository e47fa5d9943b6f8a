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
      const sql = postgres(world.databaseUrl, { max: 2, onnotice: () => {} })
      await using _ = { [Symbol.asyncDispose]: () => sql.end() }
      const waiting = async (): Promise<number> => {
        const [row] = await sql<{ count: number }[]>`
          select count(*)::int as count from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`
        return row?.count ?? 0
      }
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
