// A stranger's program that embeds the server and plays the README's example against it, on the packed archives; then what
// else of the client needs Node or a server.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, type ClientStorage, type MessageItem, type NoKinds } from '@tidings/sdk'
import { fileStorage } from '@tidings/sdk/file'
import { sqliteStorage } from '@tidings/sdk/sqlite'
import { createServer } from '@tidings/server'
import { useCommand } from './command.js'
import { useKit } from './kit.js'
import { renderPage } from './screen.js'

const folder = await mkdtemp(join(tmpdir(), 'tidings-consumer-'))
const server = createServer({
  databaseUrl: `file:${join(folder, 'tidings.db')}`,
  port: 0,
  logLevel: 'warn',
})
const { url } = await server.listen()
process.env['TIDINGS_URL'] = url

const page = await (await fetch(url)).text()
const [, file] = /src="([^"]+\.js)"/.exec(page) ?? []
if (file === undefined || !(await fetch(url + file)).ok)
  throw new Error(`the playground is not in the archive: ${page}`)

const { log } = console
const printed = new Promise<string>((resolve, reject) => {
  console.log = (...words) => resolve(JSON.stringify(words))
  setTimeout(() => reject(new Error("the README's example printed nothing")), 20_000).unref()
})
await import('./readme.js')
const line = await printed
console.log = log
if (line !== '[1,{"kind":"text","text":"hello"}]')
  throw new Error(`the README's example printed ${line}`)

/** Sends, closes, and finds on the disk what was sent: no network the second time. */
async function keep(name: string, open: () => ClientStorage): Promise<void> {
  const client = createClient({ url, storage: open() })
  await client.account.register({ username: name, password: 'correct horse', signIn: true })
  await client.connect()
  const { id } = await client.conversation.open({ username: 'bob' })
  await client.message.send({ conversationId: id, body: { kind: 'text', text: `by ${name}` } })
  await client.close()

  const again = createClient({ url: 'http://127.0.0.1:1', storage: open() })
  const messages = again.store.messages(id)
  const [kept] = await new Promise<readonly MessageItem<NoKinds>[]>((resolve) => {
    const stop = messages.subscribe(() => {
      const { items } = messages.get()
      if (items.length === 0) return
      stop()
      resolve(items)
    })
  })
  const page = renderPage(again, id)
  await again.close()
  if (kept?.body.kind !== 'text' || kept.body.text !== `by ${name}`)
    throw new Error(`${name} has kept ${JSON.stringify(kept)}`)
  if (!page.startsWith('<main class="')) throw new Error(`the hooks render ${page}`)
}
await keep('file', () => fileStorage(join(folder, 'client.tidings')))
await keep('sqlite', () => sqliteStorage(join(folder, 'client.db')))
await useKit()
await useCommand(folder)

await server.close()
await rm(folder, { recursive: true })
process.exit(0)
