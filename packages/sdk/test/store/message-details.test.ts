import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  memoryStorage,
  type MessageItem,
  type NoKinds,
  type TidingsClient,
} from '../../src/index.ts'
import { runsOf } from '../../../server/test/support/runs.ts'
import { openTestKit, type TestKit } from '../../src/testing/index.ts'

const NAMES = ['ann', 'bob', 'cat'] as const
type Name = (typeof NAMES)[number]

/** What somebody does to a message, or what happens to one of his devices. */
type Step =
  | { readonly kind: 'say'; readonly who: Name; readonly answers: boolean; readonly target: number }
  | { readonly kind: 'edit' | 'delete' | 'hide'; readonly who: Name; readonly target: number }
  | {
      readonly kind: 'react' | 'unreact'
      readonly who: Name
      readonly target: number
      readonly reaction: string
    }
  | { readonly kind: 'cut' | 'restore'; readonly device: number }

const who = fc.constantFrom(...NAMES)
const target = fc.nat(30)
const reaction = fc.constantFrom('👍', 'no', '"/%')
const device = fc.nat(5)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('say'), who, answers: fc.boolean(), target }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('edit', 'delete', 'hide'), who, target }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('react', 'react', 'unreact'),
      who,
      target,
      reaction,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('cut', 'restore'), device }) },
) as fc.Arbitrary<Step>

/** A message as the group has it. */
interface Modelled {
  readonly id: string
  readonly seq: number
  readonly sender: Name
  text: string | undefined
  readonly answers: string | undefined
  readonly reactions: Map<string, Set<Name>>
  readonly hiddenFrom: Set<Name>
}

interface Device {
  readonly who: Name
  client: TidingsClient
  readonly storage: ReturnType<typeof memoryStorage>
}

interface Scene {
  readonly kit: TestKit
  readonly conversationId: string
  /** Each person's first one is never cut, so that what is asked for is done. */
  readonly devices: readonly Device[]
  readonly model: Modelled[]
}

async function openScene(kit: TestKit): Promise<Scene> {
  const devices: Device[] = []
  for (const name of [...NAMES, ...NAMES]) {
    const storage = memoryStorage()
    devices.push({
      who: name,
      storage,
      client: await kit.createClient({ username: name, storage }),
    })
  }
  const [ann] = devices
  if (ann === undefined) throw new Error('nobody')
  const userIds = devices.slice(1, 3).map(({ client }) => client.userId ?? '')
  const { id } = await ann.client.group.create({ name: 'g', userIds })
  for (const { client } of devices) await client.connect()
  // Of each person one device looks at the messages, the other one keeps them unseen.
  for (const { client } of devices.slice(0, 3)) client.store.messages(id).subscribe(() => undefined)
  await kit.settle()
  return { kit, conversationId: id, devices, model: [] }
}

async function perform({ kit, conversationId, devices, model }: Scene, one: Step): Promise<void> {
  if ('device' in one) {
    const network = kit.network(devices[3 + (one.device % 3)]?.client as TidingsClient)
    if (one.kind === 'cut') network.cut()
    else network.restore()
    return
  }
  const client = devices.find((device) => device.who === one.who)?.client as TidingsClient
  const message = model[one.target % Math.max(1, model.length)]
  const isSeen = message !== undefined && message.text !== undefined
  if (one.kind === 'say') {
    const text = `said ${model.length}`
    const mayAnswer = one.answers && isSeen && !message.hiddenFrom.has(one.who)
    const replyTo = mayAnswer ? message.id : undefined
    const said = { conversationId, body: { kind: 'text', text }, replyTo } as const
    const { messageId: id, seq } = await client.message.send(said)
    const rest = { reactions: new Map(), hiddenFrom: new Set<Name>() }
    model.push({ id, seq, sender: one.who, text, answers: replyTo, ...rest })
    return
  }
  if (message === undefined) return
  const named = { conversationId, messageId: message.id }
  if (one.kind === 'hide') {
    await client.message.hide(named)
    message.hiddenFrom.add(one.who)
  } else if (!isSeen) {
    // What is deleted is changed no more.
  } else if (one.kind === 'edit' && message.sender === one.who) {
    message.text = `edited ${message.text}`
    await client.message.edit({ ...named, body: { kind: 'text', text: message.text } })
  } else if (one.kind === 'delete' && message.sender === one.who) {
    await client.message.delete(named)
    message.text = undefined
    message.reactions.clear()
  } else if ('reaction' in one && !message.hiddenFrom.has(one.who)) {
    const given = message.reactions.get(one.reaction) ?? new Set()
    message.reactions.set(one.reaction, given)
    if (one.kind === 'react') given.add(one.who)
    else given.delete(one.who)
    await client.message.react({
      ...{ ...named, reaction: one.reaction, remove: one.kind === 'unreact' },
    })
  }
}

/** What a person sees of the model. */
function seenBy(model: readonly Modelled[], name: Name): unknown[] {
  return model
    .filter(({ hiddenFrom }) => !hiddenFrom.has(name))
    .map(({ id, seq, text, answers, reactions }) => ({
      ...{ id, seq, text },
      answers: text === undefined ? undefined : answers,
      reactions: [...reactions]
        .filter(([, given]) => given.size > 0)
        .map(([key, given]) => [key, given.size, given.has(name)])
        .toSorted(([one = ''], [other = '']) => (one < other ? -1 : 1)),
    }))
}

/** The same of what a device shows. */
function shown({ id, seq, body, replyTo, reactions }: MessageItem<NoKinds>): unknown {
  return {
    ...{ id, seq, text: body.kind === 'text' ? body.text : undefined },
    answers: replyTo?.messageId,
    reactions: reactions.map(({ reaction: key, count, own }) => [key, count, own]),
  }
}

async function shownBy(kit: TestKit, client: TidingsClient, conversationId: string) {
  const list = client.store.messages(conversationId)
  const stop = list.subscribe(() => undefined)
  await kit.settle()
  while (list.get().hasOlder) {
    const loading = list.loadOlder()
    await kit.settle()
    await loading
  }
  const items = list.get().items.map(shown)
  stop()
  return items
}

test('[STO12] [REA2] [MSG18] every device shows edits, deletions, reactions, answers and what is hidden as they were done', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 30 }), async (steps) => {
      await using kit = await openTestKit()
      const scene = await openScene(kit)
      for (const one of steps) {
        const doing = perform(scene, one)
        await kit.settle()
        await doing
      }
      const { conversationId, devices, model } = scene
      for (const { client } of devices) kit.network(client).restore()
      await kit.clock.advance(60_000)
      for (const { client, who: name } of devices)
        expect(await shownBy(kit, client, conversationId)).toEqual(seenBy(model, name))
      // A device that is started again reads it from its storage; one that is new asks for it.
      const [kept] = devices.slice(3)
      if (kept === undefined) throw new Error('nobody')
      await kept.client.close()
      const { storage } = kept
      const again = await kit.createClient({ username: kept.who, storage })
      const fresh = await kit.createClient('bob')
      for (const client of [again, fresh]) await client.connect()
      await kit.settle()
      expect(await shownBy(kit, again, conversationId)).toEqual(seenBy(model, kept.who))
      expect(await shownBy(kit, fresh, conversationId)).toEqual(seenBy(model, 'bob'))
      for (const client of [again, fresh]) {
        const { unread } = await client.conversation.get({ conversationId })
        expect(client.store.unread.get()).toBe(unread)
      }
    }),
    { numRuns: Number(process.env['RUNS'] ?? runsOf({ everyDay: 2, long: 5 })) },
  )
}, 300_000)
