// An app's test with the test kit: a day passes, the network goes, and no port is opened.
import { openTestKit } from '@tidings/sdk/testing'

export async function useKit(): Promise<void> {
  await using kit = await openTestKit()
  const ann = await kit.createClient('ann')
  const bob = await kit.createClient('bob')
  const seen: unknown[] = []
  bob.on('message.created', ({ body }) => seen.push(body.message.body))
  await Promise.all([ann.connect(), bob.connect()])
  const { id: conversationId } = await ann.conversation.open({ username: 'bob' })
  await kit.clock.advance(24 * 60 * 60 * 1000)
  await ann.message.send({ conversationId, body: { kind: 'text', text: 'a day later' } })
  await kit.settle()
  if (JSON.stringify(seen) !== '[{"kind":"text","text":"a day later"}]')
    throw new Error(`with the test kit bob has seen ${JSON.stringify(seen)}`)
}
