import { createCoreClient } from '@tidings/sdk/core'

export async function start({ url, login, password, conversationId, show }) {
  const client = createCoreClient({ url })
  await client.account.login({ login, password })
  client.on('message.created', ({ body }) => show(body.message))
  await client.connect()
  return (text) => client.message.send({ conversationId, body: { kind: 'text', text } })
}
