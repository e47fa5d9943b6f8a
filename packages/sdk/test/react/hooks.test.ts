import { afterAll, describe, expect } from 'vitest'
import { browserTest } from '../support/chromium.ts'
import { openWorld } from '../support/world.ts'
import { REACTS } from './bundle.ts'
import { openReactPage } from './react-page.ts'
import { forget, listening, openScene, renders, rendersAfter, show, text } from './scene.ts'
import { closeShared, shared } from './shared-browser.ts'

afterAll(closeShared)

describe.each(REACTS)('with React %s', { timeout: 60_000 }, (react) => {
  browserTest(
    '[RCT1] a message elsewhere renders its row alone, one that is open its row, itself and the lists that hold them',
    async () => {
      await using world = await openWorld()
      await using opened = await openReactPage(await shared(), react)
      const scene = await openScene(world, opened)
      const { bob, cat, withBob, withCat } = scene
      await show(opened, withBob)

      await forget(opened)
      await cat.message.send({ conversationId: withCat, body: text('again') })
      await opened.page.locator('#list li', { hasText: 'cat: again (2)' }).waitFor()
      expect(await rendersAfter(opened, scene)).toEqual({
        list: 1,
        [`row ${withCat}`]: 1,
        badge: 1,
      })

      await forget(opened)
      await bob.message.send({ conversationId: withBob, body: text('hello') })
      await opened.page.locator('#messages li', { hasText: 'hello (received)' }).waitFor()
      expect(await rendersAfter(opened, scene)).toEqual({
        ...{ list: 1, [`row ${withBob}`]: 1, messages: 1, 'message hello': 1 },
        // Two numbers of unread messages, and the conversation that says who is online.
        ...{ badge: 1, [`badge ${withBob}`]: 1, presence: 1 },
      })
      expect(opened.complaints).toEqual([])
    },
  )

  browserTest('[RCT1] [RCT5] whoever only sends is never rendered again', async () => {
    await using world = await openWorld()
    await using opened = await openReactPage(await shared(), react)
    const { bob, withBob } = await openScene(world, opened)
    await show(opened, withBob)
    await forget(opened)
    await opened.page.evaluate(() => window.scene.seen.actions?.send('one'))
    await bob.message.send({ conversationId: withBob, body: text('two') })
    await opened.page.locator('#messages li', { hasText: 'two (received)' }).waitFor()
    await opened.page.locator('#messages li', { hasText: 'one (delivered)' }).waitFor()
    expect(Object.keys(await renders(opened))).toContain('messages')
    for (const component of ['composer', 'connection', 'user'])
      expect(await renders(opened)).not.toHaveProperty(component)
  })

  browserTest(
    '[RCT2] StrictMode, which mounts twice, shows the same and listens no more than once',
    async () => {
      await using world = await openWorld()
      await using opened = await openReactPage(await shared(), react)
      const { bob, withBob } = await openScene(world, opened)
      await show(opened, withBob)
      const once = await listening(opened)
      await opened.page.evaluate(() => window.scene.unmount())
      await expect.poll(() => listening(opened)).toBe(0)

      await forget(opened)
      await show(opened, withBob, true)
      // Effects come after what is on the screen.
      await expect.poll(async () => (await renders(opened))['effect']).toBe(2)
      await expect.poll(() => listening(opened)).toBe(once)
      await bob.message.send({ conversationId: withBob, body: text('hello') })
      await opened.page.locator('#messages li', { hasText: 'hello (received)' }).waitFor()
      await opened.page.evaluate(() => window.scene.unmount())
      await expect.poll(() => listening(opened)).toBe(0)
      expect(opened.complaints).toEqual([])
    },
  )

  browserTest('[RCT2] what happens between a rendering and its effects is not missed', async () => {
    await using world = await openWorld()
    await using opened = await openReactPage(await shared(), react)
    const { withBob } = await openScene(world, opened)
    await opened.page.evaluate((id) => window.scene.showHasty(id, 'at once'), withBob)
    await opened.page.locator('#messages li', { hasText: 'at once' }).waitFor()
    expect(opened.complaints).toEqual([])
  })

  browserTest('[RCT2] no screen ever shows two states of the store', async () => {
    await using world = await openWorld()
    await using opened = await openReactPage(await shared(), react)
    const { page } = opened
    const { bob, withBob } = await openScene(world, opened)
    // Some of the components have been rendered, and others have not. The page looks by itself, between two pieces.
    const midway = await page.evaluate(async () => {
      const { showSlowly, torn } = window.scene
      showSlowly()
      while (torn.rendering <= 5) await new Promise((resolve) => setTimeout(resolve))
      return { rendered: torn.rendering, shown: torn.shown.length }
    })
    await bob.message.send({ conversationId: withBob, body: text('meanwhile') })
    await page.waitForFunction(() => window.scene.torn.shown.at(-1)?.[0] === '3')
    expect(midway.shown).toBe(0)
    expect(midway.rendered).toBeLessThan(60)
    const shown = await page.evaluate(() => window.scene.torn.shown)
    for (const numbers of shown) expect(numbers).toHaveLength(1)
    expect(opened.complaints).toEqual([])
  })

  browserTest(
    '[RCT3] another conversation shows nothing of the last one, not for a moment',
    async () => {
      await using world = await openWorld()
      await using opened = await openReactPage(await shared(), react)
      const { page } = opened
      const { bob, withBob, withCat } = await openScene(world, opened)
      await show(opened, withBob)
      const before = await listening(opened)
      await forget(opened)
      await page.evaluate((id) => window.scene.show(id), withCat)
      await page.locator('#messages li', { hasText: 'from cat' }).waitFor()
      await page.locator('#members', { hasText: 'ann,cat' }).waitFor()
      await expect.poll(() => listening(opened)).toBe(before)
      const commits = await page.evaluate(() => window.scene.seen.commits)
      expect(commits.length).toBeGreaterThan(0)
      for (const { id, of } of commits) expect([id, ...of]).toEqual([id, ...of.map(() => withCat)])
      await forget(opened)
      await bob.message.send({ conversationId: withBob, body: text('hello') })
      await page.locator('#list li', { hasText: 'bob: hello' }).waitFor()
      expect(Object.keys(await renders(opened)).toSorted()).toEqual(
        ['badge', 'list', `row ${withBob}`].toSorted(),
      )
    },
  )
})
