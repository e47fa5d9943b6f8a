import { afterAll, describe, expect } from 'vitest'
import { browserTest } from '../support/chromium.ts'
import { next, openWorld } from '../support/world.ts'
import { REACTS } from './bundle.ts'
import { openReactPage } from './react-page.ts'
import { forget, openScene, renders, show, text } from './scene.ts'
import { closeShared, shared } from './shared-browser.ts'

afterAll(closeShared)

describe.each(REACTS)('with React %s', { timeout: 60_000 }, (react) => {
  browserTest(
    '[RCT5] a message is shown at once, goes through its states, is edited, reacted to, hidden and deleted',
    async () => {
      await using world = await openWorld()
      await using opened = await openReactPage(await shared(), react)
      const { page } = opened
      const { bob, withBob } = await openScene(world, opened)
      await show(opened, withBob)
      const last = page.locator('#messages li').last()

      const at = await page.evaluate(async () => {
        const sending = window.scene.seen.actions?.send('helo')
        const { state } = sending?.message ?? {}
        return { state, seq: (await sending)?.seq }
      })
      expect(at).toEqual({ state: 'queued', seq: 2 })
      await last.filter({ hasText: 'helo (delivered)' }).waitFor()
      await bob.message.read({ conversationId: withBob })
      await last.filter({ hasText: 'helo (read)' }).waitFor()

      const edited = next(bob, 'message.edited')
      await page.evaluate(() => {
        const message = window.scene.seen.messages?.items.at(-1)
        return message && window.scene.seen.actions?.edit(message, 'hello')
      })
      expect((await edited).body.message.body).toEqual(text('hello'))
      await last.filter({ hasText: 'hello (read)' }).waitFor()

      for (const removed of [false, true]) {
        const reacted = next(bob, 'message.reacted')
        await page.evaluate(() => {
          const message = window.scene.seen.messages?.items.at(-1)
          return message && window.scene.seen.actions?.react(message, '👍')
        })
        expect((await reacted).body).toMatchObject({ reaction: '👍', removed })
        const left = removed ? 0 : 1
        await page.waitForFunction(
          (count) => window.scene.seen.messages?.items.at(-1)?.reactions.length === count,
          left,
        )
      }
      await page.evaluate(() => {
        const message = window.scene.seen.messages?.items.at(0)
        return message && window.scene.seen.actions?.hide(message)
      })
      await page.locator('#messages li', { hasText: 'from bob' }).waitFor({ state: 'detached' })

      const deleted = next(bob, 'message.deleted')
      await page.evaluate(() => {
        const message = window.scene.seen.messages?.items.at(-1)
        return message && window.scene.seen.actions?.remove(message)
      })
      expect((await deleted).body.message.body).toEqual({ kind: 'deleted' })
      await last.filter({ hasText: 'deleted (read)' }).waitFor()
      expect(opened.complaints).toEqual([])
    },
  )

  browserTest(
    '[RCT5] a refused message stays, is sent again, or is given up, and nobody need look at the promise',
    async () => {
      await using world = await openWorld()
      await using opened = await openReactPage(await shared(), react)
      const { page } = opened
      const { ann, bob } = await openScene(world, opened)
      const { id } = await bob.group.create({ name: 'walks', joinPolicy: 'open' })
      const { id: userId } = await ann.account.get()
      await page.evaluate((which) => window.scene.show(which), id)
      await page.locator('#messages').waitFor({ state: 'attached' })
      await page.evaluate(() => void window.scene.seen.actions?.send('one'))
      await page.evaluate(() => void window.scene.seen.actions?.send('two'))
      const rows = page.locator('#messages li')
      await rows.filter({ hasText: 'one (failed)' }).waitFor()
      await rows.filter({ hasText: 'two (failed)' }).waitFor()

      await bob.group.addMembers({ conversationId: id, userIds: [userId] })
      await page.evaluate(async () => {
        const [one, two] = window.scene.seen.messages?.items ?? []
        if (one !== undefined) await window.scene.seen.actions?.discard(one)
        if (two !== undefined) await window.scene.seen.actions?.retry(two)
      })
      await rows.filter({ hasText: /two \((sent|delivered)\)/ }).waitFor()
      expect(await rows.count()).toBe(1)
      expect(opened.complaints).toEqual([])
    },
  )

  browserTest('[RCT5] what the hooks answer keeps its identity until it changes', async () => {
    await using world = await openWorld()
    await using opened = await openReactPage(await shared(), react)
    const { page } = opened
    const { bob, withBob } = await openScene(world, opened)
    await show(opened, withBob)
    const isSame = await page.evaluate(
      async ([id]) => {
        const { messages, actions, typing } = window.scene.seen
        window.scene.forget()
        window.scene.show(id)
        while (window.scene.seen.commits.length === 0)
          await new Promise((resolve) => requestAnimationFrame(resolve))
        const { seen } = window.scene
        return [seen.messages === messages, seen.actions === actions, seen.typing === typing]
      },
      [withBob] as const,
    )
    expect(isSame).toEqual([true, true, true])
    await bob.message.send({ conversationId: withBob, body: text('hello') })
    await page.locator('#messages li', { hasText: 'hello' }).waitFor()
    expect(opened.complaints).toEqual([])
  })

  browserTest(
    '[RCT5] older messages join, and what is on the screen can be marked as read',
    async () => {
      await using world = await openWorld()
      await using opened = await openReactPage(await shared(), react)
      const { page } = opened
      const { bob, withBob } = await openScene(world, opened)
      const numbers = Array.from({ length: 120 }, (_, index) => String(index))
      await Promise.all(
        numbers.map((number) => bob.message.send({ conversationId: withBob, body: text(number) })),
      )
      await show(opened, withBob)
      await page.locator('#messages li', { hasText: /^119 / }).waitFor()
      const counted = await page.evaluate(async () => {
        const before = window.scene.seen.messages
        while (window.scene.seen.messages?.hasOlder === true) {
          await window.scene.seen.messages.loadOlder()
          await new Promise((resolve) => requestAnimationFrame(resolve))
        }
        const bodies = window.scene.seen.messages?.items.map(({ body }) => body)
        return { before: before?.items.length, bodies, hadOlder: before?.hasOlder }
      })
      expect(counted.hadOlder).toBe(true)
      expect(counted.before).toBeLessThan(121)
      expect(counted.bodies).toEqual([text('from bob'), ...numbers.map((number) => text(number))])

      const receipt = next(bob, 'receipt.updated', ({ body }) =>
        body.receipts.some(({ kind, to }) => kind === 'read' && to === 121),
      )
      await page.evaluate(() => window.scene.seen.messages?.markRead())
      await page.locator('#own-badge', { hasText: '0' }).waitFor()
      await page.locator('#badge', { hasText: '1' }).waitFor()
      await receipt
      expect(opened.complaints).toEqual([])
    },
  )

  browserTest(
    '[RCT6] who types is shown and told, once for many keystrokes, and the connection and who is signed in are shown',
    async () => {
      await using world = await openWorld()
      await using opened = await openReactPage(await shared(), react)
      const { page } = opened
      const { bob, withBob } = await openScene(world, opened)
      await show(opened, withBob)
      await page.locator('#user', { hasText: 'ann' }).waitFor()
      await bob.typing.start({ conversationId: withBob })
      await page.locator('#typing', { hasText: 'bob' }).waitFor()
      await bob.message.send({ conversationId: withBob, body: text('hello') })
      await page.locator('#typing:empty').waitFor({ state: 'attached' })

      const heard: string[] = []
      bob.on('typing.started', () => heard.push('started'))
      const stopped = next(bob, 'typing.stopped')
      await page.evaluate(async () => {
        for (let key = 0; key < 20; key += 1) window.scene.seen.typing?.onInput()
        await window.scene.seen.actions?.send('done')
      })
      await stopped
      expect(heard).toEqual(['started'])

      await page.locator('#connection', { hasText: 'connected' }).waitFor()
      await forget(opened)
      world.proxy.cut()
      await page.waitForFunction(() => (window.scene.renders()['connection'] ?? 0) >= 2)
      await page.locator('#connection', { hasText: /^connected$/ }).waitFor()
      expect(await renders(opened)).not.toHaveProperty('composer')
    },
  )
})
