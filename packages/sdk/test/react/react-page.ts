import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { bundle, type ReactMajor } from './bundle.ts'
// What the page calls `window.scene`.
import type {} from './page.ts'

/** A page in Chromium with a version of React, and what it complained about. */
export interface ReactPage extends AsyncDisposable {
  readonly page: Page
  /** Errors and warnings of React and of the page. */
  readonly complaints: string[]
}

const PAGE = `<!doctype html><title>Tidings</title><div id="root"></div><script src="/page.js"></script>`

const programs = new Map<ReactMajor, Promise<string>>()

function programOf(react: ReactMajor): Promise<string> {
  const program =
    programs.get(react) ??
    bundle('page.ts', react, {
      ...{ platform: 'browser', format: 'iife', target: 'es2022' },
      // StrictMode does everything twice in development alone, and only then React says what it does not like.
      define: { 'process.env.NODE_ENV': '"development"' },
    })
  programs.set(react, program)
  return program
}

export async function openReactPage(browser: Browser, react: ReactMajor): Promise<ReactPage> {
  const program = await programOf(react)
  const server = createServer(({ url }, response) => {
    const isProgram = url === '/page.js'
    response.setHeader('content-type', isProgram ? 'text/javascript' : 'text/html')
    response.end(isProgram ? program : PAGE)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const page = await browser.newPage()
  page.setDefaultTimeout(45_000)
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (line) => {
    // The browser itself says that it found no server; that is what some tests are about.
    const isOfNetwork = /WebSocket connection|Failed to load resource/.test(line.text())
    if (['error', 'warning'].includes(line.type()) && !isOfNetwork) complaints.push(line.text())
  })
  await page.goto(`http://127.0.0.1:${port}`)
  return {
    page,
    complaints,
    async [Symbol.asyncDispose]() {
      await page.close()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
