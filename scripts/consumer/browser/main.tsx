// A stranger's page: ann registers, talks to bob, and sees both sides of it. `?server=` says where.
import { createClient, type MessageItem, type NoKinds } from '@tidings/sdk'
import { indexedDbStorage } from '@tidings/sdk/indexeddb'
import { TidingsProvider, useConnection, useMessages } from '@tidings/sdk/react'
import { createRoot } from 'react-dom/client'

const url = new URLSearchParams(location.search).get('server') ?? ''
const ann = createClient({ url, storage: indexedDbStorage('ann') })
const bob = createClient({ url })
await ann.account.register({ username: 'ann', password: 'correct horse', signIn: true })
await bob.account.register({ username: 'bob', password: 'battery staple', signIn: true })
await Promise.all([ann.connect(), bob.connect()])
const { id: conversationId } = await ann.conversation.open({ username: 'bob' })

const shown = ({ body, state }: MessageItem<NoKinds>) =>
  `${body.kind === 'text' ? body.text : body.kind} (${state})`

function Page() {
  const { items } = useMessages(conversationId)
  const { state } = useConnection()
  return (
    <main data-connection={state}>
      {items.map((item) => (
        <p key={item.key}>{shown(item)}</p>
      ))}
    </main>
  )
}

const app = document.getElementById('app')
if (app === null) throw new Error('the page has no #app')
createRoot(app).render(
  <TidingsProvider client={ann}>
    <Page />
  </TidingsProvider>,
)
await ann.message.send({ conversationId, body: { kind: 'text', text: 'hello bob' } })
await bob.message.send({ conversationId, body: { kind: 'text', text: 'hello ann' } })
await bob.message.read({ conversationId, seq: 1 })
