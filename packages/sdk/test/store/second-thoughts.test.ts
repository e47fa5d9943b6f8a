import { expect, test } from 'vitest'
import { openTestKit } from '../../src/testing/index.ts'

/** Takes a while to say yes to long questions. */
const slow = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: async (value: unknown) => {
      const turns = JSON.stringify(value).length
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
      return { value: value as { readonly question: string } }
    },
  },
} as const

const poll = (question: string) => ({ kind: 'poll', data: { question } }) as const

test('[STO8] edits and the deletion of one turn take effect in the order of the calls, however long their bodies are checked', async () => {
  await using kit = await openTestKit({ kinds: { poll: slow } })
  const ann = await kit.createClient('ann')
  const bob = await kit.createClient('bob')
  await Promise.all([ann.connect(), bob.connect()])
  const { id: conversationId } = await ann.conversation.open({ username: 'bob' })
  const heard: unknown[] = []
  for (const name of ['message.edited', 'message.deleted'] as const)
    bob.on(name, ({ type, body: { message } }) => heard.push([type, message.body]))
  const one = { conversationId, clientMessageId: 'one' }
  await ann.message.send({ ...one, body: poll('Lunch?') })
  const changes = [
    ann.message.edit({ ...one, body: poll(`Lunch ${'at noon '.repeat(20)}?`) }),
    ann.message.edit({ ...one, body: poll('Tea?') }),
    ann.message.delete(one),
  ]
  await Promise.all(changes)
  await kit.settle()
  expect(heard.map((event) => JSON.stringify(event).slice(0, 40))).toMatchObject([
    expect.stringContaining('message.edited'),
    expect.stringContaining('message.edited'),
    expect.stringContaining('message.deleted'),
  ])
  const { items: messages } = await bob.message.list({ conversationId })
  expect(messages).toMatchObject([{ body: { kind: 'deleted' } }])
})
