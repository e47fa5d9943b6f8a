import { BaseRealtime, FetchRequest, WebSocketTransport } from 'ably/modular'

export async function start({ key, conversationId, show }) {
  const client = new BaseRealtime({ key, plugins: { FetchRequest, WebSocketTransport } })
  const channel = client.channels.get(conversationId)
  await channel.subscribe(({ data }) => show(data))
  return (text) => channel.publish('message', { text })
}
