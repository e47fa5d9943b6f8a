import { createClient, RoomEvent } from 'matrix-js-sdk'

export async function start({ baseUrl, userId, accessToken, conversationId, show }) {
  const client = createClient({ baseUrl, userId, accessToken })
  client.on(RoomEvent.Timeline, (event) => show(event.getContent()))
  await client.startClient()
  return (text) => client.sendTextMessage(conversationId, text)
}
