import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { browserTest } from '../support/chromium.ts'
import { openWorld } from '../support/world.ts'
import { bundle, REACTS, type ReactMajor } from './bundle.ts'
import { openReactPage } from './react-page.ts'
import { openScene, text } from './scene.ts'
import type { renderPage } from './server.ts'
import { closeShared, shared } from './shared-browser.ts'

afterAll(closeShared)

/** Renders the page as a server does: in Node, in production. */
async function renderWith(react: ReactMajor, id: string): Promise<ReturnType<typeof renderPage>> {
  const program = await bundle('server.ts', react, {
    ...{ platform: 'node', format: 'cjs', target: 'node20', external: ['ws'] },
    define: { 'process.env.NODE_ENV': '"production"' },
  })
  const folder = mkdtempSync(join(tmpdir(), 'tidings-react-'))
  try {
    writeFileSync(join(folder, 'server.cjs'), program)
    const load = createRequire(import.meta.url)
    const server = load(join(folder, 'server.cjs')) as { renderPage: typeof renderPage }
    return server.renderPage('http://127.0.0.1:1', id)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe.each(REACTS)('with React %s', { timeout: 60_000 }, (react) => {
  test('[RCT4] a server shows the beginning, and touches nothing of the client’s store', async () => {
    const { html, touched } = await renderWith(react, 'a conversation')
    expect(touched).toEqual([])
    expect(html).toContain('<p id="user">nobody</p><p id="connection">disconnected</p>')
    expect(html).toContain('<ul id="list"></ul><ol id="messages"></ol>')
  })

  browserTest(
    '[RCT4] a browser that knows more takes over what a server has rendered without a complaint, and then shows it',
    async () => {
      await using world = await openWorld()
      await using opened = await openReactPage(await shared(), react)
      const { page } = opened
      const { bob, withBob } = await openScene(world, opened)
      // All of it is in the client's store before React begins.
      await page.evaluate(async (id) => {
        const { store } = window.scene.client()
        const list = store.messages(id)
        await new Promise<void>((resolve) => {
          const look = (): void => {
            if (list.get().items.length > 0) resolve()
          }
          list.subscribe(look)
          look()
        })
      }, withBob)
      const { html } = await renderWith(react, withBob)
      await page.evaluate(([id, markup]) => window.scene.hydrate(id, markup), [
        withBob,
        html,
      ] as const)
      await page.locator('#messages li', { hasText: 'from bob (received)' }).waitFor()
      await page.locator('#connection', { hasText: 'connected' }).waitFor()
      const [first] = await page.evaluate(() => window.scene.seen.commits)
      expect(first).toEqual({ id: withBob, of: [], loading: true })
      await bob.message.send({ conversationId: withBob, body: text('hello') })
      await page.locator('#messages li', { hasText: 'hello (received)' }).waitFor()
      expect(await page.evaluate(() => window.scene.errors)).toEqual([])
      expect(opened.complaints).toEqual([])
    },
  )
})

test('[RCT4] frameworks that tell server from client components find the hooks marked', async () => {
  const entry = fileURLToPath(new URL('../../src/react/index.ts', import.meta.url))
  const { readFileSync } = await import('node:fs')
  expect(readFileSync(entry, 'utf8')).toMatch(/^'use client'\n/)
})
