import PubNub from 'pubnub'

export function start({ publishKey, subscribeKey, userId, conversationId, show }) {
  const client = new PubNub({ publishKey, subscribeKey, userId })
  client.addListener({ message: ({ message }) => show(message) })
  client.subscribe({ channels: [conversationId] })
  return (text) => client.publish({ channel: conversationId, message: { text } })
}
