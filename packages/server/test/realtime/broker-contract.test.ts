import { systemClock } from '../../src/clock.ts'
import { describe, expect, test, vi } from 'vitest'
import { systemMachine } from '../../src/machine.ts'
import { BrokerTexts } from '../../src/realtime/broker-text.ts'
import type { BrokerMessage } from '../../src/realtime/broker.ts'
import type { OpenBrokerOptions } from '../../src/realtime/open-broker.ts'
import { engines } from '../support/databases.ts'
import { redisMissing } from '../support/redis.ts'
import {
  LAB_NAME,
  openMemoryLab,
  openPostgresLab,
  openRedisLab,
  type BrokerLab,
} from './support/broker-labs.ts'

/** For a machine with much else to do, milliseconds. */
const PATIENCE = 15_000

const hints: BrokerMessage = { kind: 'hints', hints: [[1, 5]] }
const others: readonly BrokerMessage[] = [
  { kind: 'revoked', sessionKeys: [1, 2, 3] },
  {
    kind: 'signal',
    streamKey: 4,
    exceptUserKey: 2,
    signal: {
      type: 'typing.started',
      timestamp: 1,
      body: {
        conversationId: '00000001-0000-4000-8000-000000000001',
        userId: '00000002-0000-4000-8000-000000000001',
      },
    },
  },
  {
    kind: 'presence',
    node: 'one',
    revision: 3,
    came: [4],
    gone: [
      [5, 6],
      [7, null],
    ],
  },
  { kind: 'alive', node: 'one', revision: 3 },
  { kind: 'bye', node: 'one' },
  { kind: 'ask', node: null },
  { kind: 'online', node: 'one', revision: 3, telling: 1, part: 0, parts: 1, users: [4] },
]

async function listening(lab: BrokerLab, options?: Partial<OpenBrokerOptions>) {
  const broker = await lab.open(options)
  const heard: BrokerMessage[] = []
  let missed = 0
  await broker.listen({ message: (message) => heard.push(message), missed: () => (missed += 1) })
  return { broker, heard, missed: () => missed }
}

const hintsIn = (heard: readonly BrokerMessage[]) =>
  new Map(heard.flatMap((message) => (message.kind === 'hints' ? message.hints : [])))

const hintOf = (streamKey: number): BrokerMessage => ({ kind: 'hints', hints: [[streamKey, 1]] })

/** What every broker must do; see the comment of `Broker`. */
function testContract(name: string, openLab: () => Promise<BrokerLab>): void {
  test(`[BRK1] ${name}: every kind of message reaches every other node, not the one that published it`, async () => {
    await using lab = await openLab()
    const [ann, bob, cat] = [await listening(lab), await listening(lab), await listening(lab)]
    for (const message of [hints, ...others]) ann.broker.publish(message)
    await vi.waitFor(() => {
      for (const { heard } of [bob, cat]) {
        for (const message of [hints, ...others]) expect(heard).toContainEqual(message)
      }
    }, PATIENCE)
    expect(ann.heard).toEqual([])
    expect([ann.missed(), bob.missed(), cat.missed()]).toEqual([0, 0, 0])
  })

  test(`[BRK1] ${name}: a listener is never called inside the call of publish`, async () => {
    await using lab = await openLab()
    const [ann, bob] = [await listening(lab), await listening(lab)]
    ann.broker.publish(hints)
    expect(bob.heard).toEqual([])
    await vi.waitFor(() => expect(bob.heard).not.toEqual([]), PATIENCE)
  })

  test(`[BRK2] ${name}: however large and however many, what is published at once arrives whole`, async () => {
    await using lab = await openLab()
    const [ann, bob] = [await listening(lab), await listening(lab)]
    const large = Array.from({ length: 3000 }, (_, at): [number, number] => [
      2 ** 52 + at,
      2 ** 52 - at,
    ])
    const sessionKeys = Array.from({ length: 1000 }, (_, at) => 2 ** 52 + at)
    for (let at = 0; at < large.length; at += 1000)
      ann.broker.publish({ kind: 'hints', hints: large.slice(at, at + 1000) })
    ann.broker.publish({ kind: 'revoked', sessionKeys })
    await vi.waitFor(() => {
      expect(hintsIn(bob.heard)).toEqual(new Map(large))
      const ended = bob.heard.flatMap((message) =>
        message.kind === 'revoked' ? message.sessionKeys : [],
      )
      expect(ended).toEqual(sessionKeys)
    }, PATIENCE)
  })

  test(`[BRK1] ${name}: a closed broker hears nothing, and publishing on it is harmless`, async () => {
    await using lab = await openLab()
    const [ann, bob, cat] = [await listening(lab), await listening(lab), await listening(lab)]
    await bob.broker.close()
    bob.broker.publish(hints)
    ann.broker.publish(hints)
    await vi.waitFor(() => expect(cat.heard).not.toEqual([]), PATIENCE)
    expect(bob.heard).toEqual([])
    expect(cat.heard).toEqual([hints])
    await bob.broker.close()
  })

  test(`[BRK3] ${name}: what is published into a broken link is lost and throws nothing; the mended one says so`, async () => {
    await using lab = await openLab()
    const { wire } = lab
    if (wire === undefined) return
    const [ann, bob] = [await listening(lab), await listening(lab)]
    wire.refuse(true)
    wire.cut()
    for (let streamKey = 100; streamKey < 200; streamKey += 1) ann.broker.publish(hintOf(streamKey))
    await vi.waitFor(() => expect(wire.connections()).toBe(0), PATIENCE)
    wire.refuse(false)
    await vi.waitFor(() => expect([ann.missed(), bob.missed()]).toEqual([1, 1]), PATIENCE)
    ann.broker.publish(hintOf(1))
    bob.broker.publish(hintOf(2))
    await vi.waitFor(() => {
      expect(hintsIn(bob.heard)).toEqual(new Map([[1, 1]]))
      expect(hintsIn(ann.heard)).toEqual(new Map([[2, 1]]))
    }, PATIENCE)
  })

  test(`[BRK4] ${name}: a link whose other end is gone without a word is noticed and opened anew`, async () => {
    await using lab = await openLab()
    const { wire } = lab
    if (wire === undefined) return
    // Twenty times as often as in production.
    const machine = {
      ...systemMachine,
      every: (ms: number, run: () => void) => systemMachine.every(ms / 20, run),
    }
    const [ann, bob] = [await listening(lab, { machine }), await listening(lab, { machine })]
    wire.halfOpen()
    ann.broker.publish(hintOf(7))
    await vi.waitFor(() => {
      expect(Math.min(ann.missed(), bob.missed())).toBeGreaterThan(0)
    }, PATIENCE)
    await vi.waitFor(() => {
      ann.broker.publish(hintOf(1))
      expect(hintsIn(bob.heard).has(1)).toBe(true)
    }, PATIENCE)
    expect(hintsIn(bob.heard).has(7)).toBe(false)
  })

  test(`[BRK3] ${name}: a node starts without its broker, and has it once it is there`, async () => {
    await using lab = await openLab()
    const { wire } = lab
    if (wire === undefined) return
    const bob = await listening(lab)
    wire.refuse(true)
    const ann = await listening(lab)
    ann.broker.publish(hintOf(100))
    expect(ann.missed()).toBe(0)
    wire.refuse(false)
    await vi.waitFor(() => expect(ann.missed()).toBe(1), PATIENCE)
    ann.broker.publish(hintOf(1))
    await vi.waitFor(() => expect(hintsIn(bob.heard)).toEqual(new Map([[1, 1]])), PATIENCE)
  })

  test(`[BRK5] ${name}: what does not fit, or was written without the secret, is dropped and ends nothing`, async () => {
    await using lab = await openLab()
    if (lab.inject === undefined) return
    const [ann, bob] = [await listening(lab), await listening(lab)]
    const written = (secret: string) =>
      new BrokerTexts({
        name: LAB_NAME,
        nodeId: systemMachine.newId(),
        secrets: [secret],
        maxBytes: 5000,
        clock: systemClock,
      }).write([hintOf(9)])
    const stranger = await listening(lab, { secrets: ['the secret of somebody else'] })
    stranger.broker.publish(hintOf(8))
    for (const text of ['{', '{"kind":"hints","hints":[[1,1]]}', '[]', 'x'.repeat(7000)])
      await lab.inject(text)
    for (const text of written('the secret of a stranger')) await lab.inject(text)
    ann.broker.publish(hints)
    await vi.waitFor(() => expect(bob.heard).toEqual([hints]), PATIENCE)
    expect(stranger.heard).toEqual([])
  })

  test(`[BRK5] ${name}: while the secret is being changed, nodes with the old and the new one hear each other`, async () => {
    await using lab = await openLab()
    const old = await listening(lab, { secrets: ['the old secret'] })
    const both = await listening(lab, { secrets: ['the old secret', 'the new secret'] })
    const changed = await listening(lab, { secrets: ['the new secret', 'the old secret'] })
    old.broker.publish(hintOf(1))
    changed.broker.publish(hintOf(2))
    await vi.waitFor(() => {
      expect([...hintsIn(both.heard).keys()].toSorted()).toEqual([1, 2])
      expect([...hintsIn(changed.heard).keys()]).toEqual([1])
    }, PATIENCE)
  })

  test(`[BRK6] ${name}: deployments that share it do not hear one another`, async () => {
    await using lab = await openLab()
    if (lab.wire === undefined) return
    const [ann, bob] = [await listening(lab), await listening(lab)]
    const elsewhere = [await listening(lab, { epoch: 36 }), await listening(lab, { epoch: 36 })]
    elsewhere[0]?.broker.publish(hintOf(2))
    ann.broker.publish(hintOf(1))
    await vi.waitFor(() => {
      expect(hintsIn(bob.heard)).toEqual(new Map([[1, 1]]))
      expect(hintsIn(elsewhere[1]?.heard ?? [])).toEqual(new Map([[2, 1]]))
    }, PATIENCE)
  })
}

describe('memory', () => {
  testContract('memory', openMemoryLab)
})
describe.skipIf(!engines.includes('postgres'))('Postgres', () => {
  testContract('Postgres', openPostgresLab)
})
describe.skipIf(redisMissing !== undefined)('Redis', () => {
  testContract('Redis', openRedisLab)
})
