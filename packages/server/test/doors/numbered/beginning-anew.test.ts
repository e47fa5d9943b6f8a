import { expect, test, vi } from 'vitest'
import { describeEngines } from '../../support/databases.ts'
import { openBareServer } from '../support/bare-numbered.ts'

const WAIT = { timeout: 15_000 }
const long = 'x'.repeat(15_000)

describeEngines('a numbered connection', (engine) => {
  test('[NUM11] that begins anew while a page is being handed over gets nothing more of it', async () => {
    await using server = await openBareServer(engine)
    const [ann, bob] = [await server.signUp('ann'), await server.signUp('bob')]
    const { id: conversationId } = await ann.call.conversation.open({ userId: bob.id })
    const count = 80
    const texts = Array.from({ length: count }, (_, index) => `${index} ${long}`)
    await ann.call.message.send(
      texts.map((text) => ({ conversationId, body: { kind: 'text', text } })),
    )

    await using bobs = await server.connect(bob)
    const { client, socket } = bobs
    client.socket.pause()
    bobs.tell({ method: 20, timestamp: 0, id: 'first' })
    await vi.waitFor(() => expect(socket.congested).toBe(true), WAIT)
    bobs.tell({ method: 20, timestamp: 0, id: 'second', caught_up: true })
    client.socket.resume()
    await client.heard(29)

    const answered = client.frames.findIndex(
      (frame) => frame.type === 1 && frame.body.id === 'second',
    )
    const numbersOf = (frames: typeof client.frames) =>
      frames.flatMap((frame) => (frame.type === 20 ? [Number.parseInt(frame.body.data, 10)] : []))
    const before = numbersOf(client.frames.slice(0, answered))
    expect(before).toEqual(before.map((_, index) => index))
    expect(before.length).toBeGreaterThan(0)
    expect(before.length).toBeLessThan(count)
    expect(numbersOf(client.frames.slice(answered))).toEqual(texts.map((_, index) => index))
  })

  test('[LIV8] whose session has ended marks nothing of what it had read', async () => {
    await using server = await openBareServer(engine)
    const [ann, bob] = [await server.signUp('ann'), await server.signUp('bob')]
    const { id: conversationId } = await ann.call.conversation.open({ userId: bob.id })
    const body = { kind: 'text', text: 'hi' } as const
    for (let seq = 1; seq <= 2; seq += 1) await ann.call.message.send({ conversationId, body })
    const deliveredSeq = async () =>
      (await bob.call.conversation.get({ conversationId })).deliveredSeq

    await using bobs = await server.connect(bob)
    const { client } = bobs
    bobs.tell({ method: 41, id: 'first', body: { group_id: conversationId, seq: 1 } })
    await client.heard(1)
    expect(await deliveredSeq()).toBe(1)
    bobs.tell({ method: 41, id: 'second', body: { group_id: conversationId, seq: 2 } })
    bobs.close(4403)
    await vi.waitFor(() => expect(client.closeCode).toBe(4403), WAIT)
    await server.deps.receipts.close()
    expect(await deliveredSeq()).toBe(1)
  })
})
