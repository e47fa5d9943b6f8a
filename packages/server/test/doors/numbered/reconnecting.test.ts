import { expect, test } from 'vitest'
import { describeEngines } from '../../support/databases.ts'
import { startTestServer } from '../../support/test-server.ts'
import { createGroup, NumberedClient, signUp } from '../support/seed-client.ts'

describeEngines('a client whose connection keeps breaking', (engine) => {
  test('[NUM11] [NUM12] [NUM13] gets every message, in order but for repetitions, whenever it was cut', async () => {
    await using server = await startTestServer({ engine, timings: { tickMs: 20, cursorMs: 20 } })
    const ann = await signUp(server.url, 'ann')
    const bob = await signUp(server.url, 'bob')
    const groups = [await createGroup(ann, [bob]), await createGroup(ann, [bob])]
    await using sender = await NumberedClient.open(ann)
    const total = 160
    const sending = (async () => {
      for (let index = 0; index < total; index += 1) {
        const body = { group_id: groups[index % 2], data: String(index) }
        sender.send({ method: 40, body })
        if (index % 10 === 9) await sender.count(21, index + 1)
      }
    })()

    const heard: { id: string | undefined; group: string; seq: number; data: string }[] = []
    for (let cut = 0; new Set(heard.map(({ id }) => id)).size < total && cut < 200; cut += 1) {
      await using client = await NumberedClient.open(bob)
      // Cut after a while of its own, in the middle of whatever happens.
      await client.count(20, 1 + ((cut * 37) % 60)).catch(() => undefined)
      for (const { id, body } of client.all(20)) {
        heard.push({ id, group: body.group_id, seq: body.seq, data: body.data })
      }
      // Half of the time it answers pings for its last events, and some of the time it says what it has read.
      const last = client.all(20).at(-1)
      if (cut % 2 === 0) await client.proven()
      if (cut % 3 === 0 && last !== undefined) {
        await client.call({ method: 42, body: { message_id: last.body.message_id } })
      }
    }
    await sending

    const first = new Map(heard.map((frame) => [frame.id, frame] as const).reverse())
    expect([...first.values()].map(({ data }) => Number(data)).sort((a, b) => a - b)).toEqual(
      Array.from({ length: total }, (_, index) => index),
    )
    for (const group of groups) {
      const firsts = heard.filter((frame) => frame.group === group && first.get(frame.id) === frame)
      const seqs = firsts.map(({ seq }) => seq)
      expect(seqs).toEqual([...seqs].sort((a, b) => a - b))
    }
  })
})
