import type { TidingsClient } from '../../src/index.ts'
import type { World } from '../support/world.ts'
import type { ReactPage } from './react-page.ts'

export const text = (text: string) => ({ kind: 'text', text }) as const

export interface Scene {
  readonly ann: TidingsClient
  readonly bob: TidingsClient
  /** Of ann, who looks at the page, with bob, and with cat. */
  readonly withBob: string
  readonly withCat: string
}

/** So many messages are fetched without being asked for, as long as there are any. */
const FIRST = 50

/** A connection that is replaced on a busy machine would render what says so. */
const PATIENT = { pingIntervalMs: 15_000, pingTimeoutMs: 15_000, connectTimeoutMs: 15_000 }

/** Ann has a conversation with bob and one with cat, who have each written to her; her page shows the one with bob. */
export async function openScene(
  world: World,
  { page }: ReactPage,
): Promise<Scene & { cat: TidingsClient }> {
  const [ann, bob, cat] = await Promise.all(
    ['ann', 'bob', 'cat'].map((name) => world.join(name, PATIENT)),
  )
  if (ann === undefined || bob === undefined || cat === undefined) throw new Error('nobody')
  const { id: withBob } = await ann.conversation.open({ username: 'bob' })
  const { id: withCat } = await ann.conversation.open({ username: 'cat' })
  await Promise.all([bob.connect(), cat.connect()])
  await bob.message.send({ conversationId: withBob, body: text('from bob') })
  await cat.message.send({ conversationId: withCat, body: text('from cat') })
  await page.evaluate(
    (url) => window.scene.signIn({ url, username: 'ann', password: 'correct horse' }),
    world.url,
  )
  return { ann, bob, cat, withBob, withCat }
}

export async function show({ page }: ReactPage, id: string, strict = false): Promise<void> {
  await page.evaluate(([which, isStrict]) => window.scene.show(which, isStrict), [
    id,
    strict,
  ] as const)
  await page.getByText('(received)').first().waitFor()
  // Everything that is shown has arrived: the messages, as many as come by themselves, the members, and who is online.
  await page.waitForFunction((first) => {
    const { items = [], hasOlder, loading } = window.scene.seen.messages ?? {}
    return loading === false && (hasOlder === false || items.length >= first)
  }, FIRST)
  await page.locator('#members', { hasText: 'ann,bob' }).waitFor()
  await page.locator('#presence', { hasText: 'online' }).waitFor()
}

export const renders = ({ page }: ReactPage): Promise<Record<string, number>> =>
  page.evaluate(() => window.scene.renders())

/** What was rendered for messages alone: members have marks, which move when a message has come. */
export async function rendersAfter(
  opened: ReactPage,
  scene: Scene,
): Promise<Record<string, number>> {
  // What the message has brought about on the way is here when this is.
  await scene.bob.typing.start({ conversationId: scene.withBob })
  await opened.page.locator('#typing', { hasText: 'bob' }).waitFor()
  await scene.bob.typing.stop({ conversationId: scene.withBob })
  await opened.page.locator('#typing:empty').waitFor({ state: 'attached' })
  const { members: _members, typing: _typing, ...rest } = await renders(opened)
  return rest
}

export const forget = ({ page }: ReactPage): Promise<void> =>
  page.evaluate(() => window.scene.forget())

export const listening = ({ page }: ReactPage): Promise<number> =>
  page.evaluate(() => window.scene.listening())
