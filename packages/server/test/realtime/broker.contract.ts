import { expect, test, vi } from 'vitest'
import type { Broker, BrokerMessage } from '../../src/realtime/broker.ts'

/** Brokers that are connected with one another, one a node. */
export interface BrokerLab extends AsyncDisposable {
  /** Another node's broker. */
  open(): Promise<Broker>
  /** Breaks the link of all brokers until `mend`; undefined where there is no link that could break. */
  readonly link?: { break(): Promise<void>; mend(): Promise<void> } | undefined
  /** Puts raw text on the link, as an intruder would; undefined where nobody can. */
  inject?(text: string): Promise<void>
}

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
]

async function listening(lab: BrokerLab) {
  const broker = await lab.open()
  const heard: BrokerMessage[] = []
  let missed = 0
  await broker.listen({ message: (message) => heard.push(message), missed: () => (missed += 1) })
  return { broker, heard, missed: () => missed }
}

/** What every broker must do; see the comment of `Broker`. */
export function testBrokerContract(name: string, openLab: () => Promise<BrokerLab>): void {
  test(`[LIV6] ${name}: every kind of message reaches every other node, not the one that published it`, async () => {
    await using lab = await openLab()
    const [ann, bob, cat] = [await listening(lab), await listening(lab), await listening(lab)]
    for (const message of [hints, ...others]) ann.broker.publish(message)
    await vi.waitFor(() => {
      for (const { heard } of [bob, cat]) {
        for (const message of [hints, ...others]) expect(heard).toContainEqual(message)
      }
    }, 15_000)
    expect(ann.heard).toEqual([])
  })

  test(`[LIV6] ${name}: a listener is never called inside the call of publish`, async () => {
    await using lab = await openLab()
    const [ann, bob] = [await listening(lab), await listening(lab)]
    ann.broker.publish(hints)
    expect(bob.heard).toEqual([])
    await vi.waitFor(() => expect(bob.heard).not.toEqual([]), 15_000)
  })

  test(`[LIV6] ${name}: a large message of hints arrives whole`, async () => {
    await using lab = await openLab()
    const [ann, bob] = [await listening(lab), await listening(lab)]
    const large = Array.from({ length: 200 }, (_, at): [number, number] => [
      2 ** 40 + at,
      2 ** 40 - at,
    ])
    ann.broker.publish({ kind: 'hints', hints: large })
    await vi.waitFor(() => {
      const arrived = bob.heard.flatMap((message) =>
        message.kind === 'hints' ? message.hints : [],
      )
      expect(new Map(arrived)).toEqual(new Map(large))
    }, 15_000)
  })

  test(`[LIV6] ${name}: a closed broker hears nothing, and publishing on it is harmless`, async () => {
    await using lab = await openLab()
    const [ann, bob, cat] = [await listening(lab), await listening(lab), await listening(lab)]
    await bob.broker.close()
    bob.broker.publish(hints)
    ann.broker.publish(hints)
    await vi.waitFor(() => expect(cat.heard).not.toEqual([]), 15_000)
    expect(bob.heard).toEqual([])
    await bob.broker.close()
  })

  test(`[LIV6] ${name}: publishing into a broken link throws nothing, and the mended one says so`, async () => {
    await using lab = await openLab()
    if (lab.link === undefined) return
    const [ann, bob] = [await listening(lab), await listening(lab)]
    await lab.link.break()
    ann.broker.publish(hints)
    await lab.link.mend()
    await vi.waitFor(() => expect(bob.missed()).toBeGreaterThan(0), 10_000)
    await vi.waitFor(() => {
      ann.broker.publish(hints)
      expect(bob.heard).toContainEqual(hints)
    }, 10_000)
  })

  test(`[LIV6] ${name}: what does not fit is dropped and does not end the listening`, async () => {
    await using lab = await openLab()
    if (lab.inject === undefined) return
    const [ann, bob] = [await listening(lab), await listening(lab)]
    for (const text of ['', '{', '{"kind":"other"}', '{"kind":"hints","hints":[[1]]}', '[]'])
      await lab.inject(text)
    ann.broker.publish(hints)
    await vi.waitFor(() => expect(bob.heard).toEqual([hints]), 15_000)
  })
}
