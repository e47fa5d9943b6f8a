import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { browserTest } from '../support/chromium.ts'
import { openTabs, type Tabs } from './five-tabs.ts'
import { until } from './until.ts'

/** What happens to a tab at one step of a message's way. */
interface Step {
  readonly tabs: Tabs
  /** The tab that says something and is loaded again. */
  readonly page: Page
  readonly text: string
}

const send = ({ tabs, page, text }: Step): Promise<void> =>
  page.evaluate(([id, said]) => tab.beginToSend(id, said, said), [
    tabs.conversationId,
    text,
  ] as const)

const isKept = ({ page, text }: Step) =>
  until(async () => expect(await page.evaluate(() => tab.kept())).toContain(text))

const STEPS = {
  /** In the very turn in which it was said. */
  async queued({ tabs, page, text }: Step): Promise<void> {
    const loaded = page.waitForEvent('load')
    const said = [tabs.conversationId, text] as const
    const reloading = page.evaluate(([id, what]) => {
      tab.beginToSend(id, what, what)
      location.reload()
    }, said)
    await reloading.catch(() => undefined)
    await loaded
  },
  async saved(step: Step): Promise<void> {
    step.tabs.proxy.stall(true)
    await send(step)
    await isKept(step)
    await step.page.reload()
    step.tabs.proxy.stall(false)
  },
  async 'in flight'(step: Step): Promise<void> {
    const { proxy } = step.tabs
    let answers = 0
    proxy.onAnswer(() => {
      answers += 1
      return 'drop'
    })
    await send(step)
    await until(() => expect(answers).toBeGreaterThan(0))
    await step.page.reload()
    proxy.onAnswer(() => 'pass')
    proxy.cut()
  },
  async 'acknowledged and not forgotten'(step: Step): Promise<void> {
    const { page, tabs, text } = step
    await page.evaluate(() => tab.holdWritesAfterNext())
    await send(step)
    await until(async () => {
      const { messages } = await page.evaluate((id) => tab.shown(id), tabs.conversationId)
      expect(messages.at(-1)).toMatchObject({ clientMessageId: text, state: 'sent' })
    })
    expect(await page.evaluate(() => tab.kept())).toContain(text)
    await page.reload()
  },
}

/** Also its clientMessageId. */
const textOf = (who: string, step: string): string => `${who}-${step.replaceAll(' ', '-')}`

/** The reloaded tab comes back, and what it has said is there once. */
async function expectOnce({ tabs, page, text }: Step, atLeast: 0 | 1 = 1): Promise<void> {
  await tabs.reopen(page)
  await page.evaluate(() => tab.connect())
  await page.evaluate((id) => tab.show(id), tabs.conversationId)
  const count = async () => (await tabs.texts()).filter((one) => one === text).length
  await until(async () => {
    expect(await page.evaluate(() => tab.kept())).toEqual([])
    expect(await count()).toBeGreaterThanOrEqual(atLeast)
  })
  expect(await count()).toBeLessThanOrEqual(1)
  const { messages } = await page.evaluate((id) => tab.shown(id), tabs.conversationId)
  expect(messages.map((item) => Object(item).state)).not.toContain('failed')
}

browserTest(
  '[TAB5] whenever a tab is loaded again while it sends, alone, leading or following, the message is there once',
  { timeout: 300_000 },
  async () => {
    await using tabs = await openTabs()
    const [page] = await tabs.openAll(1)
    for (const [name, happen] of Object.entries(STEPS)) {
      const step = { tabs, page, text: textOf('alone', name) }
      await happen(step)
      // What no storage and no other tab has heard of goes with its tab.
      await expectOnce(step, name === 'queued' ? 0 : 1)
    }
    let [leader, follower] = [page, await tabs.open()]
    await follower.evaluate(() => tab.connect())
    await follower.evaluate((id) => tab.show(id), tabs.conversationId)
    for (const [name, happen] of Object.entries(STEPS)) {
      const step = { tabs, page: leader, text: textOf('leading', name) }
      await happen(step)
      await expectOnce(step)
      ;[leader, follower] = [follower, leader]
    }
    for (const name of ['queued', 'saved', 'in flight'] as const) {
      const step = { tabs, page: follower, text: textOf('following', name) }
      await STEPS[name](step)
      await expectOnce(step)
    }
    await until(async () => expect(await tabs.connections()).toBe(1))
    const texts = await tabs.texts()
    expect(new Set(texts).size).toBe(texts.length)
    console.info(`loaded again at ${texts.length} steps`)
  },
)
