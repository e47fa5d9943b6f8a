import { bringOn, type Happening, type Person } from './person.ts'

export interface StoryOptions {
  readonly url: string
  /** How long each event may take. @default 10_000 */
  readonly patienceMs?: number | undefined
  /** Takes a line of text. */
  readonly print: (line: string) => void
}

/**
 * Plays a conversation of two people and prints each event as it reaches one of them.
 * @throws Error when an event that must come does not; TidingsError when a call is refused
 */
export async function playStory({ url, patienceMs = 10_000, print }: StoryOptions): Promise<void> {
  const people: Person[] = []
  const cast = {
    url,
    patienceMs,
    onHappening: (name: string, { number, name: event, text }: Happening) =>
      print(`  ${name}  ◂ ${number}  ${event.padEnd(19)} ${text}`),
    nameOf: (userId: string) =>
      people.find((person) => person.userId === userId)?.name ?? 'somebody',
  }
  try {
    const ann = await bringOn(cast, 'ann')
    const bob = await bringOn(cast, 'bob')
    people.push(ann, bob)
    await within(
      patienceMs,
      'the connections',
      Promise.all([ann.client.connect(), bob.client.connect()]),
    )
    print(`ann and bob are connected to ${url}`)
    const conversationId = await meet(ann, bob, print)
    await talk(ann, bob, { conversationId, print })
    await part(ann, bob, { conversationId, print })
  } finally {
    for (const person of people) await person.leaveStage()
  }
}

interface Scene {
  readonly conversationId: string
  readonly print: (line: string) => void
}

async function meet(ann: Person, bob: Person, print: (line: string) => void): Promise<string> {
  print('\nann makes a group with bob')
  const group = await ann.client.group.create({
    name: 'Lunch',
    userIds: [bob.userId],
    joinPolicy: 'open',
  })
  await Promise.all([ann.expect(70), bob.expect(70)])
  return group.id
}

async function talk(ann: Person, bob: Person, { conversationId, print }: Scene): Promise<void> {
  print('\nann writes')
  await ann.client.typing.start({ conversationId })
  await bob.expect(40)
  const first = await send(ann, conversationId, 'Hungry? The noodle place opens at noon.')
  await Promise.all([ann.expect(21), bob.expect(20), bob.expect(41)])

  print('\nbob’s phone has it, then bob reads it')
  await bob.client.message.delivered({ conversationId, seq: first })
  await ann.expect(22)
  await bob.client.message.read({ conversationId, seq: first })
  await Promise.all([ann.expect(23), bob.expect(27)])

  print('\nbob answers')
  await bob.client.typing.start({ conversationId })
  await ann.expect(40)
  await bob.client.typing.stop({ conversationId })
  await ann.expect(41)
  await send(bob, conversationId, 'Always. See you there!')
  await Promise.all([bob.expect(21), ann.expect(20)])
}

async function part(ann: Person, bob: Person, { conversationId, print }: Scene): Promise<void> {
  print('\nbob leaves')
  await bob.client.group.leave({ conversationId })
  await Promise.all([ann.expect(73), bob.expect(73)])

  print('\nand comes back')
  await bob.client.group.join({ conversationId })
  await Promise.all([ann.expect(72), bob.expect(70)])
}

async function send({ client }: Person, conversationId: string, text: string): Promise<number> {
  const { seq } = await client.message.send({ conversationId, body: { kind: 'text', text } })
  return seq
}

async function within<Value>(ms: number, what: string, promise: Promise<Value>): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms / 1000} seconds`)), ms)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
