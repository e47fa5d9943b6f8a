import type { BrowserContext, Page } from 'playwright-core'
import { createClient, type TidingsClient } from '../../src/index.ts'
import type {} from './tab-page.ts'
import { openTcpProxy, type TcpProxy } from '../../../server/test/support/tcp-proxy.ts'
import { startTestServer } from '../../../server/test/support/test-server.ts'
import { openBrowser } from '../support/chromium.ts'
import { servePages } from '../support/page-server.ts'

/** Tabs of ann's browser, and bob, who is elsewhere. */
export interface Tabs extends AsyncDisposable {
  readonly context: BrowserContext
  /** Before the server, for ann's browser alone. */
  readonly proxy: TcpProxy
  readonly bob: TidingsClient
  readonly conversationId: string
  /** Opens a tab and makes its client; nothing is called yet. */
  open(): Promise<Page>
  /** Makes the client of a tab that was loaded again. */
  reopen(page: Page): Promise<void>
  /** Lets tabs go on that hang. */
  release(): void
  /** Opens tabs, the first of which signs in and leads, and connects and shows the conversation in each. */
  openAll(count: number): Promise<readonly [Page, ...Page[]]>
  /** WebSockets of ann's that the server has open. */
  connections(): Promise<number>
  /** What the server has of the conversation. */
  texts(): Promise<readonly string[]>
}

const PASSWORD = 'correct horse'

export async function openTabs(): Promise<Tabs> {
  const pages = await servePages(new URL('tab-page.ts', import.meta.url))
  const config = { allowedOrigins: [pages.url] }
  const server = await startTestServer({ engine: 'sqlite', config })
  const proxy = await openTcpProxy(server.port)
  const url = `http://127.0.0.1:${proxy.port}`
  const browser = await openBrowser()
  const context = await browser.newContext()
  context.setDefaultTimeout(45_000)
  const bob = createClient({ url: server.url })
  await bob.account.register({ username: 'bob', password: PASSWORD, signIn: true })
  const { user } = await bob.account.register({ username: 'ann', password: PASSWORD })
  const { id: conversationId } = await bob.conversation.open({ userId: user.id })
  const reopen = (page: Page): Promise<void> => page.evaluate((at) => tab.open(at), url)
  const open = async (): Promise<Page> => {
    const page = await context.newPage()
    await page.goto(pages.url)
    await reopen(page)
    return page
  }
  return {
    ...{ context, proxy, bob, conversationId, open, reopen },
    release: () => pages.release(),
    async openAll(count) {
      const first = await open()
      await first.evaluate((password) => tab.login('ann', password), PASSWORD)
      await first.evaluate(() => tab.connect())
      const others = await Promise.all(Array.from({ length: count - 1 }, open))
      const all: [Page, ...Page[]] = [first, ...others]
      await Promise.all(
        all.map(async (page) => {
          await page.evaluate(() => tab.connect())
          await page.evaluate((id) => tab.show(id), conversationId)
        }),
      )
      return all
    },
    async connections() {
      const text = await (await fetch(`${server.url}/metrics`)).text()
      return Number(/^tidings_connections\{door="trpc"\} (\d+)/m.exec(text)?.[1] ?? NaN)
    },
    async texts() {
      const { items: messages } = await bob.message.list({ conversationId, limit: 100 })
      return messages
        .toReversed()
        .map(({ body }) => ('text' in body ? String(body.text) : body.kind))
    },
    async [Symbol.asyncDispose]() {
      await browser[Symbol.asyncDispose]()
      await bob.close()
      await proxy[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
      await pages[Symbol.asyncDispose]()
    },
  }
}
