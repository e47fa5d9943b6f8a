import { expect, test } from 'vitest'
import { OAuthWorld } from '../oauth/world.ts'
import { administrator, outcomeOf } from '../pages/resident.ts'
import { describeEngines } from '../support/databases.ts'

interface Page {
  readonly items: readonly unknown[]
  readonly next: string | null
}

type List = (input: { limit: number; cursor?: string }) => Promise<Page>

/** All pages of one item, and their cursors. */
async function readAll(list: List): Promise<{ items: unknown[]; cursors: string[] }> {
  const items: unknown[] = []
  const cursors: string[] = []
  let page = await list({ limit: 1 })
  for (; page.next !== null; page = await list({ limit: 1, cursor: page.next })) {
    items.push(...page.items)
    cursors.push(page.next)
  }
  return { items: [...items, ...page.items], cursors }
}

describeEngines('pages for administrators', (engine) => {
  test('[ADM10] hold everything once, and their cursors are good for their list alone and tell no number', async () => {
    await using world = await OAuthWorld.open(engine)
    const { call } = await administrator(world, 'adm')
    for (const name of ['one', 'two', 'three']) {
      const redirectUris = ['https://app.example/callback']
      const { client } = await call.oauth.createClient({ name, redirectUris })
      await call.oauth.submitClient({ clientId: client.id })
    }
    const lists: readonly List[] = [
      (input) => call.admin.listClients(input),
      (input) => call.admin.listReviews(input),
      (input) => call.admin.listAudit(input),
    ]
    const wrong = ['x', '1', Buffer.from('[1]').toString('base64url')]
    for (const list of lists) {
      const { items, cursors } = await readAll(list)
      expect(items).toEqual((await list({ limit: 100 })).items)
      expect(items.length).toBeGreaterThanOrEqual(3)
      for (const cursor of cursors)
        expect(Buffer.from(cursor, 'base64url').toString('latin1')).not.toMatch(/^[[\]\d]+$/)
      for (const other of lists.filter((one) => one !== list))
        expect(await outcomeOf(other({ limit: 1, cursor: cursors[0] ?? '' }))).toBe('INVALID_INPUT')
      for (const cursor of wrong)
        expect(await outcomeOf(list({ limit: 1, cursor }))).toBe('INVALID_INPUT')
    }
  })
})
