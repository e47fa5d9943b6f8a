import { expect, test } from 'vitest'
import { showAudit } from '../../src/doors/pages/admin/audit.tsx'
import type { OwnVisit } from '../../src/doors/pages/base/visit.ts'
import { httpClient } from '../contract/person.ts'
import { describeEngines } from '../support/databases.ts'
import { OAuthWorld } from '../oauth/world.ts'
import { administrator, resident } from './resident.ts'

describeEngines('the audit log', (engine) => {
  test('[ADM9] names people by their ids alone, the page by the names they have now: who was erased has none', async () => {
    await using world = await OAuthWorld.open(engine)
    const [root, bob] = [await administrator(world, 'root'), await resident(world, 'bob-canary')]
    const { userId } = bob
    await root.call.admin.setUserSuspended({ userId, suspended: true })
    await root.call.admin.setUserSuspended({ userId, suspended: false })
    await root.call.admin.setUserRole({ userId, role: 'admin' })
    await root.call.admin.setUserRole({ userId, role: 'user' })
    await root.call.admin.signOutUser({ userId })
    const { auditEntries } = world.deps.database.tables
    const entries = await world.deps.database.read.select().from(auditEntries)
    expect(entries).toHaveLength(5)
    expect(JSON.stringify(entries)).not.toContain('canary')
    const { deps } = world
    const actor = await deps.auth.authenticate(root.accessToken)
    // As much of a visit as the page looks at.
    const visit = {
      actor,
      call: root.call,
      href: (path: string) => path,
      formToken: () => '',
      request: { req: { query: () => undefined } },
    } as unknown as OwnVisit
    const page = async () => (await showAudit(visit)).text()
    expect(await page()).toContain(bob.name)
    const nobody = httpClient(world.url)
    const password = 'correct horse'
    const { accessToken } = await nobody.account.login.mutate({ login: bob.name, password })
    await httpClient(world.url, accessToken).account.erase.mutate({ password })
    const after = await page()
    expect(after).not.toContain('canary')
    expect(after).toContain(userId)
  })
})
