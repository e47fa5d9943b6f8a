import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createClient } from '../../src/index.ts'
import { browserTest, isChromiumMissing, openBrowser } from '../support/chromium.ts'
import { isKept } from '../support/kept.ts'
import { openWorkplace, type PageFolder, type Workplace } from './support/folder.ts'
import { listPages, readBlocks } from './support/page.ts'
import { start, type Program } from './support/program.ts'
import { serveAt } from './support/tidings.ts'

let workplace: Workplace | undefined
let browser: Awaited<ReturnType<typeof openBrowser>> | undefined

beforeAll(async () => {
  workplace = openWorkplace()
  if (!isChromiumMissing) browser = await openBrowser()
}, 180_000)

afterAll(async () => {
  await browser?.close()
  workplace?.[Symbol.dispose]()
})

const tested = new Set<string>()

async function openPage(page: string): Promise<PageFolder> {
  tested.add(page)
  if (workplace === undefined) throw new Error('there is no workplace')
  return workplace.openPage(page)
}

/** What the page says that a program prints: the block behind its command. */
function outputOf({ blocks }: PageFolder, command: string): string {
  const index = blocks.findIndex(({ code }) => code.trim() === command)
  const next = blocks[index + 1]
  if (next?.words.includes('output') !== true) throw new Error(`no output of ${command}`)
  return next.code
}

async function expectOutput(folder: PageFolder, command: string): Promise<void> {
  await using program = start(folder, command)
  expect(await program.ended()).toBe(outputOf(folder, command))
}

/** A window of its own, as another person has. */
async function openWindow(address: string): Promise<Page> {
  if (browser === undefined) throw new Error('there is no browser')
  const context = await browser.newContext()
  const page = await context.newPage()
  page.setDefaultTimeout(45_000)
  page.on('dialog', (dialog) => void dialog.dismiss())
  await page.goto(address)
  return page
}

/** Vite on a free port, and its address. */
async function serveByVite(folder: PageFolder): Promise<Program & { readonly url: string }> {
  const vite = start(folder, 'npx vite')
  const printed = await vite.printed(/Local:\s+http:\S+/)
  const [, url = ''] = /Local:\s+(http:\S+)/.exec(printed) ?? []
  return { ...vite, url }
}

const text = (body: string) => ({ kind: 'text', text: body }) as const

describe('the pages', { timeout: 120_000 }, () => {
  browserTest('[DOC1] getting started leads to two people who talk', async () => {
    const folder = await openPage('getting-started.md')
    await using server = start(folder, 'npx tsx server.ts')
    await server.printed('Tidings listens on')
    await expectOutput(folder, 'npx tsx two-people.ts')
    await using vite = await serveByVite(folder)
    const windows = await Promise.all(['cat', 'dan'].map(() => openWindow(vite.url)))
    const [cat, dan] = windows
    if (cat === undefined || dan === undefined) throw new Error('nobody')
    for (const [name, window] of [['cat', cat] as const, ['dan', dan] as const]) {
      await window.locator('#sign-in [name=username]').fill(name)
      await window.locator('#sign-in [name=password]').fill('correct horse')
      await window.locator('#sign-in button').click()
      await window.locator('#open').waitFor()
    }
    await cat.locator('#open [name=username]').fill('dan')
    await cat.locator('#open button').click()
    await cat.locator('#send [name=text]').fill('hello')
    await cat.locator('#send button').click()
    await dan.locator('li', { hasText: 'hello (received)' }).waitFor()
    await cat.locator('li', { hasText: 'hello (read)' }).waitFor()
    expect([...folder.commands]).toEqual([])
  })

  test('[DOC1] an app serves Tidings on its own port, with its own users and kinds, and speaks for itself', async () => {
    const folder = await openPage('embedding.md')
    await using program = start(folder, 'npx tsx server.ts')
    await program.printed('ready')
    const address = `http://127.0.0.1:${folder.port(8080)}`
    expect(await (await fetch(`${address}/page`)).text()).toBe("the app's own answer to /page\n")
    const client = createClient({ url: `${address}/tidings` })
    await client.account.register({ username: 'ann', password: 'correct horse', signIn: true })
    await client.connect()
    await client.close()
    await program[Symbol.asyncDispose]()
    const others = ['people', 'polls', 'welcome']
    await Promise.all(others.map((name) => expectOutput(folder, `npx tsx ${name}.ts`)))
    expect([...folder.commands]).toEqual([])
  })

  test('[DOC1] errors say what they are', async () => {
    const folder = await openPage('guarantees.md')
    await using _server = await serveAt(folder.port(3000))
    await expectOutput(folder, 'npx tsx errors.ts')
    expect([...folder.commands]).toEqual([])
  })

  browserTest('[DOC1] two people talk in a page of React', async () => {
    const folder = await openPage('react.md')
    await using server = await serveAt(folder.port(3000))
    await using vite = await serveByVite(folder)
    const bob = await server.join('bob')
    const window = await openWindow(vite.url)
    await window.locator('[placeholder="your name"]').fill('ann')
    await window.locator('[type=password]').fill('correct horse')
    await window.locator('button', { hasText: 'Sign in' }).click()
    await window.locator('header', { hasText: 'ann, connected, 0 unread' }).waitFor()
    await window.locator('[placeholder="talk to"]').fill('bob')
    await window.locator('[placeholder="talk to"]').press('Enter')
    await window.locator('[placeholder="message"]').fill('hello')
    await window.locator('[placeholder="message"]').press('Enter')
    await window.locator('li', { hasText: 'hello (delivered)' }).waitFor()
    const [conversation] = (await bob.conversation.list({})).items
    const conversationId = conversation?.id ?? ''
    await bob.typing.start({ conversationId })
    await window.locator('p', { hasText: 'bob is typing' }).waitFor()
    await bob.message.send({ conversationId, body: text('hello, too') })
    await window.locator('li', { hasText: 'hello, too (received)' }).waitFor()
    await bob.message.read({ conversationId })
    await window.locator('li', { hasText: 'hello (read)' }).waitFor()
    expect([...folder.commands]).toEqual([])
  })

  browserTest('[DOC1] an Express app signs its users in', async () => {
    const folder = await openPage('recipes/express.md')
    await using app = start(folder, 'npx tsx app.ts')
    await app.printed('ready')
    const address = `http://127.0.0.1:${folder.port(8080)}`
    const { outputFiles } = await build({
      entryPoints: [join(folder.path, 'client.ts')],
      ...{ bundle: true, write: false, format: 'iife', globalName: 'app' },
    })
    const content = outputFiles[0]?.text ?? ''
    const run = async (window: Page, name: string): Promise<readonly [string, number]> => {
      await window.goto(address)
      await window.addScriptTag({ content })
      return window.evaluate(async (who) => {
        const body = new URLSearchParams({ name: who, word: 'open sesame' })
        await fetch('/sign-in', { method: 'POST', body })
        // The bundle's global is known to the page alone.
        const { client } = (globalThis as unknown as { app: { client: typeof stranger } }).app
        await client.connect()
        const { length } = await client.session.list()
        return [client.store.user.get()?.username ?? '', length] as const
      }, name)
    }
    const stranger = createClient({ url: `${address}/tidings` })
    try {
      const window = await openWindow(address)
      expect(await run(window, 'ann')).toEqual(['ann', 1])
      // The device is known again, and has the session that it had.
      expect(await run(window, 'ann')).toEqual(['ann', 1])
      expect(await run(await openWindow(address), 'ann')).toEqual(['ann', 2])
      const wrong = await fetch(`${address}/chat-token`, {
        method: 'POST',
        headers: { cookie: `who=ann.${'0'.repeat(64)}` },
      })
      expect(wrong.status).toBe(401)
      await expect(
        stranger.account.register({ username: 'eve', password: 'correct horse' }),
      ).rejects.toMatchObject({ code: 'REGISTRATION_CLOSED' })
    } finally {
      await stranger.close()
    }
    expect([...folder.commands]).toEqual([])
  })

  browserTest('[DOC1] one address for page and calls in development, and a build', async () => {
    const folder = await openPage('recipes/vite.md')
    await using server = start(folder, 'npx tsx server.ts')
    await server.printed('Tidings listens on')
    await using vite = await serveByVite(folder)
    const window = await openWindow(vite.url)
    await window.getByText(/user-\w+ is connected/).waitFor()
    await using built = start(folder, 'npx vite build')
    expect(await built.ended()).toContain('built in')
    expect([...folder.commands]).toEqual([])
  })

  browserTest('[DOC1] a page without a build step', async () => {
    const folder = await openPage('recipes/browser-page.md')
    await using _server = await serveAt(folder.port(3000))
    const [command = ''] = folder.commands
    await using program = start(folder, command)
    await program.ended()
    const files = createServer(({ url = '' }, response) => {
      const isPage = url === '/'
      response.setHeader('content-type', isPage ? 'text/html' : 'text/javascript')
      response.end(readFileSync(join(folder.path, isPage ? 'index.html' : 'tidings.js')))
    })
    await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve))
    try {
      const window = await openWindow(`http://127.0.0.1:${(files.address() as AddressInfo).port}`)
      await window.locator('li', { hasText: 'notes: hello' }).waitFor()
    } finally {
      files.closeAllConnections()
      files.close()
    }
    expect([...folder.commands]).toEqual([])
  })

  test('[DOC1] a bot answers once, also what was said while it was down', async () => {
    const folder = await openPage('recipes/bots.md')
    await using server = await serveAt(folder.port(3000))
    const ann = await server.join('ann')
    const said = async (conversationId: string): Promise<string[]> => {
      const { items: messages } = await ann.message.list({ conversationId })
      return messages.map(({ body }) => (body.kind === 'text' ? body.text : body.kind)).reverse()
    }
    await using first = start(folder, 'npx tsx bot.ts')
    await first.printed('listening')
    const { id } = await ann.conversation.open({ username: 'dice' })
    await ann.message.send({ conversationId: id, body: text('!roll') })
    await vi.waitFor(async () => expect(await said(id)).toHaveLength(2), 20_000)
    await first[Symbol.asyncDispose]()
    await ann.message.send({ conversationId: id, body: text('!roll again') })
    await using second = start(folder, 'npx tsx bot.ts')
    await second.printed('listening')
    await vi.waitFor(async () => expect(await said(id)).toHaveLength(4), 20_000)
    const rolled = expect.stringMatching(/^rolled [1-6]$/) as string
    expect(await said(id)).toEqual(['!roll', rolled, '!roll again', rolled])
    expect([...folder.commands]).toEqual([])
  })

  test('[DOC1] the inbox of one is no affair of the others', async () => {
    const folder = await openPage('recipes/inbox.md')
    await using _ = await serveAt(folder.port(3000))
    await expectOutput(folder, 'npx tsx inbox.ts')
    expect([...folder.commands]).toEqual([])
  })

  test('[DOC1] [S4.7] users of an app of its own need no second account', async () => {
    const folder = await openPage('recipes/own-users.md')
    folder.port(3005)
    await expectOutput(folder, 'npx tsx own-users.ts')
    expect([...folder.commands]).toEqual([])
  })

  browserTest('[DOC1] what was said offline is sent by the page that comes next', async () => {
    const folder = await openPage('recipes/offline.md')
    await using server = await serveAt(folder.port(3000))
    await using vite = await serveByVite(folder)
    const bob = await server.join('bob')
    const ann = createClient({ url: server.url })
    const password = 'correct horse'
    const { credentials } = await ann.account.register({ username: 'ann', password, signIn: true })
    const { id: conversationId } = await ann.conversation.open({ username: 'bob' })
    await ann.close()
    await bob.message.send({ conversationId, body: text('hello') })

    const window = await openWindow(vite.url)
    await window.evaluate((kept) => localStorage.setItem('talk', kept), JSON.stringify(credentials))
    await window.reload()
    await window.getByText('hello (received)').waitFor()
    await server.restart(async () => {
      await window.evaluate(() => dispatchEvent(new CustomEvent('talk:say', { detail: 'later' })))
      await window.getByText('later (queued)').waitFor()
      await expect.poll(() => isKept(window, 'later')).toBe(true)
      await window.reload()
      await window.getByText('later (queued)').waitFor()
    })
    await window.getByText(/later \((sent|delivered)\)/).waitFor()
    const { items: messages } = await bob.message.list({ conversationId })
    expect(messages.map(({ body }) => body)).toEqual([text('later'), text('hello')])
    expect([...folder.commands]).toEqual([])
  })

  test('[DOC1] every page with code is run', () => {
    const withCode = listPages().filter((page) =>
      readBlocks(page).some(
        ({ language, words }) => words.includes('run') || /^tsx?$/.test(language),
      ),
    )
    // Those are run elsewhere: by scripts/check-next.mjs, and by the tests of the test kit.
    const elsewhere = ['recipes/nextjs.md', 'testing.md']
    const skipped = isChromiumMissing ? withCode : []
    expect(withCode.toSorted()).toEqual(
      [...new Set([...tested, ...elsewhere, ...skipped])].toSorted(),
    )
  })
})
