import { expect, test } from 'vitest'
import { startTestServer } from '../support/test-server.ts'
import { httpClient, register } from './person.ts'

test('[MSG8] a user who sends too much is told how long to wait, over all of his connections, and others are not', async () => {
  const now = { value: 1_000_000_000_000 }
  await using server = await startTestServer({
    engine: 'sqlite',
    clock: { now: () => now.value },
    config: { limits: { messagesPerSecond: 10, messagesBurst: 100 } },
  })
  const [ann, bob] = [await register(server, 'ann'), await register(server, 'bob')]
  const [asAnn, alsoAnn, asBob] = [ann, ann, bob].map((person) =>
    httpClient(server.url, person.accessToken),
  )
  const { id: conversationId } = (await asAnn?.conversation.open.mutate({
    userId: bob.userId,
  })) ?? { id: '' }
  const many = (count: number) =>
    Array.from({ length: count }, () => ({
      conversationId,
      body: { kind: 'text' as const, text: 'hi' },
    }))

  // The conversation has been two of ann's hundred.
  await asAnn?.message.send.mutate(many(78))
  await alsoAnn?.message.send.mutate(many(20))
  const refused = asAnn?.message.send.mutate(many(1))
  await expect(refused).rejects.toMatchObject({
    data: { code: 'RATE_LIMITED', retryable: true, retryAfterMs: 100 },
  })
  await asBob?.message.send.mutate(many(100))
  now.value += 100
  await asAnn?.message.send.mutate(many(1))
})
