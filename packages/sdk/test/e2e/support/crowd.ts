import { isTidingsError, type Heads } from '@tidings/protocol'
import { createChanges, type Changes } from './changes.ts'
import { openDevice, type Device, type DeviceOptions } from './device.ts'
import type { Chance } from './random.ts'

/** Five people on six devices, in two groups and a direct conversation. */
export interface Crowd extends AsyncDisposable {
  readonly changes: Changes
  readonly devices: readonly Device[]
  /** Lets every device send and mark at random until told to stop. */
  talk(chance: Chance): Talk
}

/** Sending that is under way. */
export interface Talk {
  /** Resolves when everything that was put into an outbox has been acknowledged or refused, and every mark. */
  stop(): Promise<void>
}

const NAMES = ['ann', 'bob', 'cat', 'dan', 'eve'] as const

/** Registers them, brings them together and connects them. */
export async function openCrowd(
  at: Pick<DeviceOptions, 'url' | 'chance' | 'client' | 'bears'>,
): Promise<Crowd> {
  const changes = createChanges()
  const open = (name: string, login?: string) => openDevice({ ...at, name, changes, login })
  const people = await Promise.all(NAMES.map((name) => open(name)))
  const devices = [...people, await open('ann-2', 'ann')]
  const [ann, bob] = people
  if (ann === undefined || bob === undefined) throw new Error('nobody there')
  const userIds = people.slice(1).map(({ userId }) => userId)
  const groups = [
    await ann.client.group.create({ name: 'All', userIds }),
    await ann.client.group.create({ name: 'Some', userIds: userIds.slice(0, 2) }),
  ]
  const direct = await ann.client.conversation.open({ userId: bob.userId })
  const placesOf = ({ userId }: Device): readonly string[] =>
    [
      ...groups.slice(0, userId === ann.userId || userIds.slice(0, 2).includes(userId) ? 2 : 1),
      ...(userId === ann.userId || userId === bob.userId ? [direct] : []),
    ].map(({ id }) => id)
  await Promise.all(devices.map(({ client }) => client.connect()))
  return {
    changes,
    devices,
    talk(dice) {
      let isOver = false
      const marks: Promise<void>[] = []
      const talking = devices.map(async (device) => {
        const places = placesOf(device)
        while (!isOver) {
          const burst = Array.from({ length: dice.between(1, 6) }, () => dice.pick(places))
          await Promise.all(burst.map((place) => device.send(place)))
          if (dice.next() < 0.2) marks.push(mark(device, dice.pick(places)))
        }
      })
      return {
        async stop() {
          isOver = true
          await Promise.all(talking)
          await Promise.all(marks)
        },
      }
    },
    async [Symbol.asyncDispose]() {
      for (const device of devices) await device[Symbol.asyncDispose]()
    },
  }
}

/** Reads what the device has been told of a conversation. */
async function mark({ client, view }: Device, conversationId: string): Promise<void> {
  const seq = view.get(`m:${conversationId}`)?.at(-1)?.seq
  if (seq !== undefined) await client.message.read({ conversationId, seq })
}

/** Waits until every device stands at the heads of the database; for when nothing new is under way. */
export async function everybodyLevel({
  devices,
  changes,
}: Pick<Crowd, 'devices' | 'changes'>): Promise<void> {
  for (const device of devices) {
    const heads = await headsOf(device.client)
    const isAt = ({ stream, head, tag }: (typeof heads)[number]): boolean => {
      const at = device.positions().get(stream)
      return head === 0 || (at?.seq === head && at.tag === tag)
    }
    const isLevel = () => heads.every(isAt)
    await changes.until(`${device.name} level with the database`, isLevel)
  }
}

/** A connection that fell silent before the faults ended takes the question with it: it is asked again over the next one. */
async function headsOf(client: Device['client']): Promise<Heads['heads']> {
  try {
    const { heads, next } = await client.sync.heads({ limit: 1000 })
    if (next !== null) throw new Error('more streams than fit a page')
    return heads
  } catch (error) {
    if (!isTidingsError(error) || error.code !== 'NETWORK') throw error
    await client.connect()
    return headsOf(client)
  }
}
