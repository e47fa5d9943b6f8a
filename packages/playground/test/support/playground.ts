import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ERRORS } from '@tidings/sdk'
import axe from 'axe-core'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { startTestServer, type TestServer } from '../../../server/test/support/test-server.ts'
// What the run's setup provides to the test server.
import type {} from '../../../server/test/support/postgres-setup.ts'

/** A real server, and its page in a real browser. */
export interface Playground extends AsyncDisposable {
  readonly url: string
  /** Of the server, unless another one was given. */
  readonly databaseUrl: string
  readonly page: Page
  /** The columns, from the left. */
  seat(place: number): Seat
}

/** One column, as somebody sees it. */
export interface Seat {
  readonly root: Locator
  signUp(): Promise<void>
  signIn(name: string, password: string): Promise<void>
  /** The password that was made up for who sits here. */
  password(): Promise<string>
  /** Opens the conversation with somebody who has never been written to. */
  writeTo(name: string): Promise<void>
  /** Opens a conversation that is in the list. */
  open(title: string): Promise<void>
  say(text: string): Promise<void>
  /** The message with a text, in a state. */
  message(text: string, state?: string): Locator
  /** The texts of all messages that are shown, once those that are awaited are. */
  texts(awaited?: readonly string[]): Promise<string[]>
  cutOrMend(): Promise<void>
  /** Waits until the numbered events come. */
  feedIsConnected(): Promise<void>
}

/** The page is served as it was built: build it before the tests, as `npm start` does. */
export function buildPage(): void {
  const script = fileURLToPath(new URL('../../../../scripts/build-playground.mjs', import.meta.url))
  execFileSync(process.execPath, [script])
}

/** Opens the page; fails in the end when anything on it was against the policy, or thrown and not caught. */
export async function openPlayground(
  browser: Browser,
  options: BrowserContextOptions & { readonly url?: string } = {},
): Promise<Playground> {
  const { url: given, ...contextOptions } = options
  const server = given === undefined ? await startServer() : undefined
  const url = given ?? server?.url ?? ''
  const context = await browser.newContext(contextOptions)
  const page = await context.newPage()
  page.setDefaultTimeout(45_000)
  const problems = watchProblems(page)
  await page.goto(url)
  await page.getByRole('main').waitFor()
  return {
    url,
    databaseUrl: server?.databaseUrl ?? '',
    page,
    seat: (place) => seatAt(page, place),
    async [Symbol.asyncDispose]() {
      // What they still wait for comes to nothing when the page has gone.
      await page.unrouteAll({ behavior: 'ignoreErrors' })
      await context.close()
      await server?.[Symbol.asyncDispose]()
      if (problems.length > 0) throw new Error(`on the page: ${problems.join(' | ')}`)
    },
  }
}

function startServer(): Promise<TestServer> {
  return startTestServer({ engine: 'sqlite', timings: { presenceGraceMs: 100 } })
}

function watchProblems(page: Page): readonly string[] {
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('dialog', (dialog) => {
    problems.push(`a dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('console', (message) => {
    // A refused call is told by the browser as well, and shown on the page.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      problems.push(message.text())
  })
  return problems
}

function seatAt(page: Page, place: number): Seat {
  const root = page.locator('.seat').nth(place)
  const box = root.getByRole('textbox', { name: /^Message to / })
  return {
    root,
    async signUp() {
      await root.getByRole('button', { name: 'Sign up' }).click()
      await root.getByText('connected', { exact: true }).waitFor()
    },
    async signIn(name, password) {
      // Whoever leaves does so over the network; then the entrance is there, all of it at once.
      await root.locator('form.entrance').waitFor()
      const already = root.getByRole('button', { name: 'I have an account' })
      if (await already.isVisible()) await already.click()
      await root.getByLabel('Name').fill(name)
      await root.getByLabel('Password').fill(password)
      await root.getByRole('button', { name: 'Sign in' }).click()
    },
    async password() {
      const account = root.getByRole('button', { name: 'Account' })
      await account.click()
      const shown = await root.locator('dd code').nth(1).textContent()
      await account.click()
      return shown ?? ''
    },
    async writeTo(name) {
      await root.getByRole('button', { name: `Write to ${name}` }).click()
      await box.waitFor()
    },
    async open(title) {
      // While the list is empty there is another button of that name, which goes when the conversation comes.
      await root.locator('.conversations').getByRole('button', { name: title }).click()
      await root.getByRole('textbox', { name: `Message to ${title}` }).waitFor()
    },
    async say(text) {
      await box.fill(text)
      await box.press('Enter')
    },
    message(text, state) {
      const messages = root.locator(
        state === undefined ? '.message' : `.message[data-state=${state}]`,
      )
      return messages.filter({ has: page.getByText(text, { exact: true }) })
    },
    async texts(awaited = []) {
      for (const text of awaited) await this.message(text).waitFor()
      return root.locator('.message .text').allTextContents()
    },
    cutOrMend: () => root.getByRole('switch', { name: 'Network' }).click(),
    feedIsConnected: () =>
      root
        .locator('.frames')
        .getByText(/^Connected/)
        .first()
        .waitFor(),
  }
}

/** What axe finds wrong with the page as it stands, in one line for each kind. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const found = await page.evaluate(async () => {
    const { axe: inPage } = globalThis as unknown as { axe: typeof axe }
    const { violations: all } = await inPage.run({
      resultTypes: ['violations'],
      iframes: false,
      preload: false,
    })
    return all.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  })
  return found
}

/** Lets nothing that is sent reach the server, and answers as one with stricter rules would; the rest passes. */
export async function refuseSends(page: Page): Promise<{ readonly stop: () => void }> {
  let refuses = true
  const data = { code: 'FORBIDDEN', httpStatus: 403, retryable: false, path: 'message.send' }
  const error = { json: { message: ERRORS.FORBIDDEN.message, code: -32003, data } }
  await page.routeWebSocket(/\/trpc/, (socket) => {
    const server = socket.connectToServer()
    socket.onMessage((frame) => {
      const text = String(frame)
      const call = text.startsWith('{') ? (JSON.parse(text) as SentCall) : {}
      if (refuses && call.params?.path === 'message.send')
        socket.send(JSON.stringify({ id: call.id, error }))
      else server.send(frame)
    })
  })
  // From the next load on.
  await page.reload()
  return {
    stop() {
      refuses = false
    },
  }
}

interface SentCall {
  readonly id?: number
  readonly params?: { readonly path?: string }
}

/** What ann says in the words of today, and how a page shows what a later version would have sent instead. */
export const FUTURE = {
  said: 'beam me up',
  shown: 'Unknown kind hologram: {"kind":"hologram","beams":[1,2]}',
}

/** Makes the server one of a later version: of a kind of message and of an event that this page does not know. */
export async function tellOfTheFuture(page: Page): Promise<void> {
  const body = `\\{"kind":"text","text":"${FUTURE.said}"\\}`
  const later = (text: string): string =>
    text
      .replaceAll(new RegExp(body, 'g'), '{"kind":"hologram","beams":[1,2]}')
      .replaceAll('"type":"message.reacted"', '"type":"message.sparkled"')
  await page.routeWebSocket(/\/trpc/, (socket) => {
    const server = socket.connectToServer()
    server.onMessage((frame) => socket.send(typeof frame === 'string' ? later(frame) : frame))
  })
  await page.route(/\/trpc\//, async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, body: later(await response.text()) })
  })
  // From the next load on.
  await page.reload()
}
