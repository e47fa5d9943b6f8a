import { Tinode } from 'tinode-sdk'

export async function start({ host, apiKey, login, password, conversationId, show }) {
  const client = new Tinode({ appName: 'app', host, apiKey, transport: 'ws', secure: true })
  await client.connect()
  await client.loginBasic(login, password)
  const topic = client.getTopic(conversationId)
  topic.onData = show
  await topic.subscribe(topic.startMetaQuery().withLaterData().build())
  return (text) => topic.publishMessage(topic.createMessage(text, false))
}
