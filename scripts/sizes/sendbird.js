import SendbirdChat from '@sendbird/chat'
import { GroupChannelHandler, GroupChannelModule } from '@sendbird/chat/groupChannel'

export async function start({ appId, userId, token, conversationId, show }) {
  const client = SendbirdChat.init({ appId, modules: [new GroupChannelModule()] })
  await client.connect(userId, token)
  const onMessageReceived = (_channel, message) => show(message)
  client.groupChannel.addGroupChannelHandler('show', new GroupChannelHandler({ onMessageReceived }))
  const channel = await client.groupChannel.getChannel(conversationId)
  return (message) => channel.sendUserMessage({ message })
}
