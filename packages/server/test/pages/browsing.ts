import axe from 'axe-core'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import type { OAuthWorld } from '../oauth/world.ts'

export const PASSWORD = 'correct horse'

/** Somebody at a browser of his own. */
export interface Browsing extends AsyncDisposable {
  readonly page: Page
  readonly context: BrowserContext
  /** Opens one of our paths. */
  open(path: string): Promise<void>
  /** Presses a button that sends a form; afterwards a page that came for it is there. */
  click(button: string): Promise<void>
  /** The same of a link. */
  follow(link: string): Promise<void>
  /** What went against the policy, was thrown, or was asked of another host. */
  readonly problems: readonly string[]
}

/** Opens a browser for somebody, without scripts: the pages must do without. */
export async function browse(
  world: OAuthWorld,
  browser: Browser,
  name?: string,
): Promise<Browsing> {
  const context = await browser.newContext({ javaScriptEnabled: true })
  const page = await context.newPage()
  page.setDefaultTimeout(60_000)
  const problems = watch(page, world.url)
  const lead = async (by: Locator): Promise<void> => {
    await by.waitFor()
    // That of the page on which it is would be taken for that of the next one.
    await page.waitForLoadState()
    await Promise.all([page.waitForEvent('load'), by.click()])
  }
  const browsing: Browsing = {
    page,
    context,
    problems,
    async open(path) {
      await page.goto(world.url + path)
    },
    click: (button) => lead(page.getByRole('button', { name: button, exact: true })),
    follow: (link) => lead(page.getByRole('link', { name: link })),
    async [Symbol.asyncDispose]() {
      await context.close()
    },
  }
  if (name !== undefined) await signIn(browsing, name)
  return browsing
}

/** Signs in by the form. */
async function signIn({ page, open, click }: Browsing, name: string): Promise<void> {
  await open('/account/sign-in')
  await page.getByLabel('Name or e-mail address').fill(name)
  await page.getByLabel('Password').fill(PASSWORD)
  await click('Sign in')
  await page.getByRole('heading', { name: 'Your account' }).waitFor()
}

function watch(page: Page, own: string): readonly string[] {
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('dialog', (dialog) => {
    problems.push(`a dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('console', (message) => {
    // A refused form is told by the browser as well.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      problems.push(message.text())
  })
  page.on('request', (request) => {
    const isOwn = request.url().startsWith(own) || request.url().startsWith('https://app.example/')
    if (!isOwn) problems.push(`asked of another host: ${request.url()}`)
  })
  return problems
}

/** What axe finds wrong with the page, in light and in dark. */
export async function violations(page: Page): Promise<string[]> {
  const found: string[] = []
  await page.waitForLoadState()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    // As a text: the policy of the page forbids scripts, and a driver's own are none of the page's.
    const result: unknown = await page.evaluate(
      `(async () => { ${axe.source}; const { violations } = await globalThis.axe.run({ resultTypes: ['violations'], iframes: false, preload: false });
      return violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 200)).join(' ')) })()`,
    )
    if (Array.isArray(result))
      found.push(...result.map((line) => `${colorScheme}: ${String(line)}`))
  }
  return found
}
