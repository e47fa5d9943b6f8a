import { expect, test, vi } from 'vitest'
import type { TidingsClient } from '../src/index.ts'
import { expectNothingLost, keepJournal } from './support/journal.ts'
import { next, openPair, openWorld, type World } from './support/world.ts'

interface Talk {
  readonly conversationId: string
  /** Texts of so many messages, by this name. */
  readonly name: string
  readonly count: number
}

/** Sends one message after the other, a few in each turn, without waiting for answers. */
async function chatter(
  client: TidingsClient,
  { conversationId, name, count }: Talk,
): Promise<string[]> {
  const texts = Array.from({ length: count }, (_, index) => `${name} ${index}`)
  const sends: Promise<unknown>[] = []
  for (const text of texts) {
    sends.push(client.message.send({ conversationId, body: { kind: 'text', text } }))
    if (sends.length % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await Promise.all(sends)
  return texts
}

interface Trouble {
  readonly ann: TidingsClient
  /** Resolves when so many chunks of answers have passed, or the talk is over. */
  chunks(count: number): Promise<void>
}

/** Both talk while the wire misbehaves; then everything must be there. */
async function expectToSurvive(
  world: World,
  misbehave: (trouble: Trouble) => Promise<void>,
): Promise<void> {
  const { ann, bob, conversationId } = await openPair(world)
  const people = [ann, bob].map((client) => ({ client, journal: keepJournal(client) }))
  const talk = Promise.all([
    chatter(ann, { conversationId, name: 'ann', count: 150 }),
    chatter(bob, { conversationId, name: 'bob', count: 150 }),
  ])
  const chunks = (count: number): Promise<void> =>
    Promise.race([talk.then(() => undefined), passed(world, count)])
  await misbehave({ ann, chunks })
  await expectNothingLost({ conversationId, sent: await talk, people })
}

function passed(world: World, count: number): Promise<void> {
  return new Promise((resolve) => {
    let left = count
    world.proxy.onAnswer(() => {
      left -= 1
      if (left === 0) resolve()
      return 'pass'
    })
  })
}

test('[SDK20] connections cut again and again in the middle of sends lose, double and reorder nothing', async () => {
  await using world = await openWorld()
  await expectToSurvive(world, async ({ chunks }) => {
    for (const passing of [5, 20, 3, 12, 10, 1, 9, 20]) {
      await chunks(passing)
      world.proxy.cut()
    }
  })
})

test('[SDK20] an answer that is lost together with its connection leaves its messages stored once', async () => {
  await using world = await openWorld()
  let lost = 0
  await expectToSurvive(world, async ({ chunks }) => {
    for (let times = 0; times < 4; times += 1) {
      await chunks(10)
      // The next request arrives, its answer does not.
      await new Promise<void>((resolve) => {
        world.proxy.onAnswer(() => {
          lost += 1
          resolve()
          return 'drop'
        })
      })
      world.proxy.cut()
    }
    world.proxy.onAnswer(() => 'pass')
  })
  expect(lost).toBeGreaterThanOrEqual(4)
})

test('[SDK20] a stalled wire delays everything and loses nothing', async () => {
  await using world = await openWorld()
  await expectToSurvive(world, async ({ ann, chunks }) => {
    await chunks(15)
    world.proxy.stall(true)
    await next(ann, 'connection', ({ state }) => state === 'connecting')
    world.proxy.stall(false)
  })
})

test('[SDK9] [SDK20] a half-open connection is noticed and replaced, and nothing is lost', async () => {
  await using world = await openWorld()
  await expectToSurvive(world, async ({ ann, chunks }) => {
    await chunks(15)
    // Whatever the server says vanishes, and no connection ends.
    world.proxy.onAnswer(() => 'drop')
    world.proxy.onRequest(() => 'drop')
    await next(ann, 'connection', ({ state }) => state === 'connecting')
    world.proxy.onAnswer(() => 'pass')
    world.proxy.onRequest(() => 'pass')
    world.proxy.cut()
  })
})

test('[SDK20] a server that restarts under load loses nothing, and clients go on by themselves', async () => {
  await using world = await openWorld()
  await expectToSurvive(world, async ({ ann, chunks }) => {
    await chunks(15)
    const back = next(ann, 'caughtUp')
    await world.restart()
    await back
  })
})

test('[SDK20] what happens while a client is away is told when it is back, in order', async () => {
  await using world = await openWorld()
  const { ann, bob, conversationId } = await openPair(world)
  const journal = keepJournal(bob)
  await ann.message.send({ conversationId, body: { kind: 'text', text: 'before' } })
  await vi.waitFor(() => expect(journal.messages(conversationId)).toHaveLength(1), 15_000)
  world.proxy.refuse(true)
  const gone = next(bob, 'connection', ({ state }) => state === 'connecting')
  world.proxy.cut()
  await gone
  const sends = Array.from({ length: 250 }, (_, index) =>
    ann.message.send({ conversationId, body: { kind: 'text', text: `meanwhile ${index}` } }),
  )
  world.proxy.refuse(false)
  await Promise.all([ann.connect(), bob.connect(), ...sends])
  await vi.waitFor(() => expect(journal.messages(conversationId)).toHaveLength(251), {
    timeout: 15_000,
  })
  expect(journal.messages(conversationId).map(({ seq }) => seq)).toEqual(
    Array.from({ length: 251 }, (_, index) => index + 1),
  )
})
