import { expect, test, vi } from 'vitest'
import { httpClient, register } from '../contract/person.ts'
import { createTestPlace, engines } from '../support/databases.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import { startTestServer } from '../support/test-server.ts'

test.skipIf(!engines.includes('postgres'))(
  '[NET15] a database that does not answer any more holds nobody up for longer than the time there is',
  async () => {
    await using place = await createTestPlace('postgres')
    const address = new URL(place.url)
    await using proxy = await openTcpProxy(Number(address.port))
    address.port = String(proxy.port)
    const server = await startTestServer({
      ...{ engine: 'postgres', databaseUrl: address.href },
      // What would be waited for, if it were: much longer than a slow machine needs.
      postgres: { answerMs: 60_000, statementMs: 60_000 },
    })
    const ann = await register(server, 'ann')
    const client = httpClient(server.url, ann.accessToken)
    const { id: conversationId } = await client.group.create.mutate({ name: 'we', userIds: [] })
    let swallowed = 0
    proxy.onRequest(() => {
      swallowed += 1
      return 'drop'
    })
    const body = { kind: 'text', text: 'into the void' } as const
    const sending = client.message.send.mutate({ conversationId, body }).catch(() => undefined)
    await vi.waitFor(() => expect(swallowed).toBeGreaterThan(0))
    const begun = performance.now()
    await server.server.close().catch(() => undefined)
    expect(performance.now() - begun).toBeLessThan(30_000)
    await sending
  },
)
