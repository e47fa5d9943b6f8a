import { createElement as element } from 'react'
import { renderToString } from 'react-dom/server'
import { createClient, type TidingsClient } from '../../src/index.ts'
import { App, provide } from './app.ts'

/** What a server sends for the page, and what was touched of its client's store meanwhile. */
export function renderPage(url: string, id: string | undefined) {
  const client = createClient({ url })
  const touched: string[] = []
  const store = new Proxy(client.store, {
    get(target, name, receiver) {
      touched.push(String(name))
      return Reflect.get(target, name, receiver) as unknown
    },
  })
  const guarded: TidingsClient = Object.create(client, { store: { value: store } })
  return { html: renderToString(provide(guarded, element(App, { id }))), touched }
}
