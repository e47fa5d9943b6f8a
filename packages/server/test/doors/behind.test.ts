import { expect, test } from 'vitest'
import { startTestServer } from '../support/test-server.ts'
import { readMetrics, valueOf } from './support/exposition.ts'
import { createGroup, NumberedClient, signUp, type SeedUser } from './support/seed-client.ts'
import { RawTrpcClient } from './support/trpc-client.ts'

const text = 'x'.repeat(16_000)

/** A client that follows what is live over one of the WebSocket doors, and can stop reading. */
interface Reader extends AsyncDisposable {
  pause(): void
  resume(): void
  /** Resolves when it has been told that it is behind, or has all messages. */
  caughtUp(messages: number): Promise<unknown>
}

const doors: Readonly<Record<string, (user: SeedUser) => Promise<Reader>>> = {
  async 'tRPC over WebSocket'(user) {
    const client = await RawTrpcClient.open(user.url, user.token)
    client.call(1, 'sync.live', {}, 'subscription')
    await client.heard((frame) => JSON.stringify(frame).includes('"ready"'))
    return {
      pause: () => client.socket.pause(),
      resume: () => client.socket.resume(),
      caughtUp: () => client.heard((frame) => JSON.stringify(frame).includes('"behind"')),
      [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
    }
  },
  async 'the numbered protocol'(user) {
    const client = await NumberedClient.open(user, {
      start: { method: 20, timestamp: Date.now(), caught_up: true },
    })
    await client.heard(29)
    return {
      pause: () => client.socket.pause(),
      resume: () => client.socket.resume(),
      caughtUp: (messages) => client.count(20, messages),
      [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
    }
  },
}

test.each(Object.entries(doors))(
  '[OBS1] over %s it is counted how often a subscription is behind, and what it has missed',
  async (_name, open) => {
    await using server = await startTestServer({ engine: 'sqlite', timings: { tickMs: 20 } })
    const ann = await signUp(server.url, 'ann')
    const bob = await signUp(server.url, 'bob')
    const group = await createGroup(ann, [bob])
    await using reader = await open(bob)
    await using sender = await NumberedClient.open(ann)
    const figure = async (name: string) => valueOf(await readMetrics(server.url), `tidings_${name}`)
    let sent = 0
    const sendMore = async () => {
      for (let index = 0; index < 50; index += 1)
        sender.send({ method: 40, body: { group_id: group, data: text } })
      await sender.count(21, (sent += 50))
    }
    reader.pause()
    // Until the buffers of both ends are full.
    while ((await figure('slow_readers_paused_total')) === 0) await sendMore()
    await sendMore()
    expect(await figure('live_skipped_events_total')).toBeGreaterThan(0)
    expect(await figure('live_behind_total')).toBe(0)
    reader.resume()
    await reader.caughtUp(sent)
    expect(await figure('live_behind_total')).toBeGreaterThan(0)
  },
  120_000,
)
