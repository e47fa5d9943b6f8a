import { expect, test } from 'vitest'
import { openProviderWorld, APP } from '../../../server/test/doors/provider-world.ts'
import { Browser } from '../../../server/test/support/browser.ts'
import { describeEngines } from '../../../server/test/support/databases.ts'
import { createClient, type TidingsClient } from '../../src/index.ts'

/** What an app in a browser does: begins, is left, and is come back to. */
async function comeBack(client: TidingsClient) {
  const { url, verifier } = await client.identity.begin({ provider: 'example', redirectUri: APP })
  const end = await new Browser().followTo(url, APP)
  return { code: end.searchParams.get('code') ?? '', verifier }
}

describeEngines('[S4.7] an app whose users sign in by another provider', (engine) => {
  test('[IDP7] [IDP11] acts as the account that is linked to them, and links and unlinks', async () => {
    await using world = await openProviderWorld(engine)
    const { server, provider } = world
    const [ann, again] = [createClient({ url: server.url }), createClient({ url: server.url })]
    try {
      expect(await ann.identity.listProviders()).toEqual([{ name: 'example', label: 'Example' }])
      provider.person = { subject: '17', name: 'ann' }
      const password = 'correct horse'
      await ann.account.register({ username: 'ann', password, signIn: true })
      const linked = await ann.identity.link({ ...(await comeBack(ann)), password })
      expect(await ann.identity.list()).toEqual([linked])
      const { user } = await again.identity.complete(await comeBack(again))
      expect(user.username).toBe('ann')
      await again.connect()
      expect(again.userId).toBe(ann.userId)
      await ann.identity.unlink({ identityId: linked.id })
      expect(await again.identity.list()).toEqual([])
      await expect(
        again.identity.complete({ code: 'c'.repeat(43), verifier: 'v'.repeat(43) }),
      ).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    } finally {
      await Promise.all([ann.close(), again.close()])
    }
  })
})
