// The hooks outside of a browser: a server renders what is shown before anything is known.
import type { TidingsClient } from '@tidings/sdk'
import { TidingsProvider, useConnection, useMessages } from '@tidings/sdk/react'
import { renderToStaticMarkup } from 'react-dom/server'

function Page({ conversationId }: { readonly conversationId: string }) {
  const { items } = useMessages(conversationId)
  const { state } = useConnection()
  return (
    <main className={state}>
      {items.map(({ key, body }) => (
        <p key={key}>{body.kind === 'text' ? body.text : body.kind}</p>
      ))}
    </main>
  )
}

export function renderPage(client: TidingsClient, conversationId: string): string {
  return renderToStaticMarkup(
    <TidingsProvider client={client}>
      <Page conversationId={conversationId} />
    </TidingsProvider>,
  )
}
