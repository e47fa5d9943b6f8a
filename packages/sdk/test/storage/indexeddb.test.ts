import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { browserTest, openBrowser } from '../support/chromium.ts'
import { servePages } from '../support/page-server.ts'
import { CONTRACT } from './contract.ts'
import type {} from './indexeddb-page.ts'

interface Opened extends AsyncDisposable {
  readonly page: Page
  readonly url: string
}

async function openPage(): Promise<Opened> {
  const server = await servePages(new URL('indexeddb-page.ts', import.meta.url))
  const browser = await openBrowser()
  const page = await browser.newPage()
  page.setDefaultTimeout(45_000)
  await page.goto(server.url)
  return {
    page,
    url: server.url,
    async [Symbol.asyncDispose]() {
      await browser[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

browserTest(
  '[KEP1] [KEP2] [KEP3] [KEP8] IndexedDB keeps the contract of storages',
  { timeout: 300_000 },
  async () => {
    await using opened = await openPage()
    const took: string[] = []
    for (const [place, { title }] of CONTRACT.entries()) {
      const start = performance.now()
      await opened.page.evaluate((which) => page.runCase(which), place)
      took.push(`${Math.round(performance.now() - start)} ms ${title}`)
    }
    console.info(`IndexedDB:\n${took.join('\n')}`)
    expect(took.length).toBeGreaterThan(5)
  },
)

browserTest(
  '[KEP7] a database that is deleted while it is open is made again, and holds only what stands alone until it is cleared',
  async () => {
    await using opened = await openPage()
    const { during, later } = await opened.page.evaluate(() => page.deleteMeanwhile())
    expect(during).toEqual([
      { key: 'outbox/2', value: 'outbox/2' },
      { key: 'owner', value: 'ann' },
    ])
    expect(later).toEqual([{ key: 'message/3', value: 'message/3' }])
  },
)

browserTest(
  '[KEP6] [KEP7] IndexedDB of a newer version, or none at all, is an error that says so, and so is a value that is no JSON',
  async () => {
    await using opened = await openPage()
    const { page: tab, url } = opened
    expect(await tab.evaluate(() => page.readWithNewerVersion())).toBe('UNSUPPORTED_VERSION')
    expect(await tab.evaluate(() => page.readInOpenedByNewer())).toBe('UNSUPPORTED_VERSION')
    expect(await tab.evaluate(() => page.writeUncloneable())).toEqual({
      code: 'INVALID_INPUT',
      rows: [{ key: 'a', value: 'a' }],
    })
    await tab.goto(`${url}/sandboxed`)
    expect(await tab.evaluate(() => page.read())).toBe('UNAVAILABLE')
  },
)

browserTest('[KEP6] IndexedDB without room says so and keeps what it had', async () => {
  await using opened = await openPage()
  const devTools = await opened.page.context().newCDPSession(opened.page)
  const quota = { origin: opened.url, quotaSize: 2_000_000 }
  await devTools.send('Storage.overrideQuotaForOrigin', quota)
  expect(await opened.page.evaluate(() => page.fill())).toEqual({
    code: 'STORAGE_FULL',
    kept: true,
  })
})
