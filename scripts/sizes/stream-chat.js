import { StreamChat } from 'stream-chat'

export async function start({ apiKey, userId, token, conversationId, show }) {
  const client = StreamChat.getInstance(apiKey)
  await client.connectUser({ id: userId }, token)
  const channel = client.channel('messaging', conversationId)
  channel.on('message.new', ({ message }) => show(message))
  await channel.watch()
  return (text) => channel.sendMessage({ text })
}
