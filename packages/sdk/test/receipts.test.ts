import { ERRORS, TidingsError, type MarkInput } from '@tidings/protocol/wire'
import { expect, test } from 'vitest'
import { openScene, type Scene } from './support/fake-client.ts'
import { settle } from './support/fake-clock.ts'

const OK = { ok: true }

function marking({ server }: Scene): void {
  const take = (input: MarkInput | readonly MarkInput[]) =>
    Array.isArray(input) ? input.map(() => OK) : OK
  server.on('message.delivered', take)
  server.on('message.read', take)
}

function marksOf({ server }: Scene, kind: 'delivered' | 'read'): unknown[] {
  return server.callsOf(`message.${kind}`).map(({ input }) => input)
}

test('[SDK13] marks of one turn become one call with the highest of each conversation', async () => {
  const scene = openScene()
  marking(scene)
  const { message } = scene.client
  await Promise.all([
    message.delivered({ conversationId: 'a', seq: 3 }),
    message.delivered({ conversationId: 'a', seq: 9 }),
    message.delivered({ conversationId: 'b', seq: 1 }),
    message.delivered({ conversationId: 'a', seq: 5 }),
    message.delivered({ messageId: 'm' }),
    message.read({ conversationId: 'a', seq: 4 }),
  ])
  expect(marksOf(scene, 'delivered')).toEqual([
    [{ conversationId: 'a', seq: 9 }, { conversationId: 'b', seq: 1 }, { messageId: 'm' }],
  ])
  expect(marksOf(scene, 'read')).toEqual([{ conversationId: 'a', seq: 4 }])
})

test('[SDK13] while a call is under way the next one gathers', async () => {
  const scene = openScene()
  const releases: (() => void)[] = []
  scene.server.on('message.read', () => new Promise((resolve) => releases.push(() => resolve(OK))))
  const marks = [scene.client.message.read({ conversationId: 'a', seq: 1 })]
  await settle()
  for (const seq of [2, 3, 4]) {
    marks.push(scene.client.message.read({ conversationId: 'a', seq }))
    await settle()
  }
  expect(marksOf(scene, 'read')).toHaveLength(1)
  releases.shift()?.()
  await settle()
  releases.shift()?.()
  await Promise.all(marks)
  expect(marksOf(scene, 'read')).toEqual([
    { conversationId: 'a', seq: 1 },
    { conversationId: 'a', seq: 4 },
  ])
})

test('[SDK13] a mark is repeated until it is durable, and rises meanwhile', async () => {
  const scene = openScene()
  scene.server.isUnreachable = true
  const first = scene.client.message.read({ conversationId: 'a', seq: 1 })
  await settle()
  const second = scene.client.message.read({ conversationId: 'a', seq: 2 })
  await scene.clock.advance(100_000)
  scene.server.isUnreachable = false
  marking(scene)
  await scene.clock.advance(30_000)
  await Promise.all([first, second])
  expect(marksOf(scene, 'read')).toEqual([{ conversationId: 'a', seq: 2 }])
})

test('[SDK13] a refusal concerns its own conversation, and need not be looked at', async () => {
  const scene = openScene()
  const { message, retryable } = ERRORS.NOT_FOUND
  scene.server.on('message.read', (input: MarkInput[]) =>
    input.map((mark) =>
      'seq' in mark && mark.conversationId === 'gone'
        ? { error: { code: 'NOT_FOUND', message, retryable } }
        : OK,
    ),
  )
  const refused = scene.client.message.read({ conversationId: 'gone', seq: 1 })
  await scene.client.message.read({ conversationId: 'a', seq: 1 })
  await settle()
  await expect(refused).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('[SDK12] marks that wait are not sent for the next user', async () => {
  const scene = openScene()
  let fail: (error: TidingsError) => void = () => undefined
  scene.server.on('message.read', () => new Promise((_, reject) => (fail = reject)))
  const underWay = scene.client.message
    .read({ conversationId: 'a', seq: 1 })
    .catch((error: unknown) => error)
  await settle()
  const waiting = scene.client.message
    .read({ conversationId: 'a', seq: 2 })
    .catch((error: unknown) => error)
  scene.server.on('account.logout', () => null)
  await scene.client.account.logout()
  fail(new TidingsError('UNAVAILABLE'))
  await scene.clock.advance(100_000)
  expect(await underWay).toMatchObject({ code: 'UNAUTHENTICATED' })
  expect(await waiting).toMatchObject({ code: 'UNAUTHENTICATED' })
  expect(marksOf(scene, 'read')).toHaveLength(1)
})
