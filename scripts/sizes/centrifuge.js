import { Centrifuge } from 'centrifuge'

export function start({ url, token, conversationId, show }) {
  const client = new Centrifuge(url, { token })
  const subscription = client.newSubscription(conversationId)
  subscription.on('publication', ({ data }) => show(data))
  subscription.subscribe()
  client.connect()
  return (text) => subscription.publish({ text })
}
