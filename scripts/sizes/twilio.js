import { Client } from '@twilio/conversations'

export async function start({ token, conversationId, show }) {
  const client = new Client(token)
  client.on('messageAdded', show)
  const conversation = await client.getConversationBySid(conversationId)
  return (text) => conversation.sendMessage(text)
}
