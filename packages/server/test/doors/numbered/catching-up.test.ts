import { expect, test, vi } from 'vitest'
import { describeEngines, type Engine } from '../../support/databases.ts'
import { createTime } from '../support/time.ts'
import { startTestServer } from '../../support/test-server.ts'
import {
  createGroup,
  logIn,
  NumberedClient,
  request,
  signUp,
  type SeedUser,
} from '../support/seed-client.ts'

const timings = { tickMs: 20 }

/** Longer than what a timestamp is always taken back by. */
const MINUTES = 120_000

/** Ann and bob in a group. */
async function meet(engine: Engine) {
  const time = createTime(engine)
  const server = await startTestServer({ engine, timings, clock: time.clock })
  const ann = await signUp(server.url, 'ann')
  const bob = await signUp(server.url, 'bob')
  const group = await createGroup(ann, [bob])
  const pass = () => time.pass(server.databaseUrl, MINUTES)
  const dispose = () => server[Symbol.asyncDispose]()
  return { server, ann, bob, group, time, pass, [Symbol.asyncDispose]: dispose }
}

/** Connects, hears what there is, proves it and leaves. */
async function visit(user: SeedUser, timestamp: unknown) {
  const start = { method: 20, timestamp, caught_up: true }
  await using client = await NumberedClient.open(user, { start })
  await client.heard(29)
  await client.proven()
  await client.close()
  return client
}

describeEngines('catching up with method 20', (engine) => {
  test('[NUM11] [S2.6] a client that sends its own now still gets everything that it missed', async () => {
    await using meeting = await meet(engine)
    const { ann, bob, group, time, pass } = meeting
    await visit(bob, time.now())
    await using sender = await NumberedClient.open(ann)
    for (const text of ['one', 'two', 'three']) await sender.say(group, text)
    await pass()
    const back = await visit(bob, time.now())
    expect(back.texts()).toEqual(['one', 'two', 'three'])

    // Also when its clock runs ahead by a day; and what it has proven to have does not come again.
    await sender.say(group, 'four')
    await pass()
    expect((await visit(bob, time.now() + 86_400_000)).texts()).toEqual(['four'])
    expect((await visit(bob, time.now())).texts()).toEqual([])
  })

  test('[NUM11] a device gets what another device of the user has got already', async () => {
    await using meeting = await meet(engine)
    const { ann, bob, group, time, pass } = meeting
    await using tablet = await NumberedClient.open(bob, { deviceId: 'tablet' })
    await tablet.heard(70)
    await tablet.close()
    await using sender = await NumberedClient.open(ann)
    await sender.say(group, 'hi')
    expect((await visit(bob, time.now())).texts()).toEqual(['hi'])
    await pass()
    await using again = await NumberedClient.open(bob, { deviceId: 'tablet' })
    await again.heard(20)
    expect(again.texts()).toEqual(['hi'])
  })

  test('[NUM3] [NUM11] no timestamp is an error, and none makes a message be missed', async () => {
    await using meeting = await meet(engine)
    const { ann, bob, group, time, pass } = meeting
    await visit(bob, time.now())
    await using sender = await NumberedClient.open(ann)
    await sender.say(group, 'old')
    await pass()
    await visit(bob, time.now())
    await sender.say(group, 'missed')
    await pass()
    const all = [undefined, null, Number.NaN, -1, 0, 1.5, '', 'now', '2; drop', {}, [], true]
    const face = [Math.floor(time.now() / 1000), time.now() - 1e9, 1]
    for (const timestamp of [...all, ...face]) {
      const texts = (await visit(bob, timestamp)).texts()
      expect(texts, JSON.stringify(timestamp)).toEqual(['old', 'missed'])
    }
    for (const ahead of [0, 86_400_000, Number.MAX_SAFE_INTEGER - time.now() - MINUTES, 1e20]) {
      await sender.say(group, `missed ${ahead}`)
      await pass()
      expect((await visit(bob, time.now() + ahead)).texts()).toEqual([`missed ${ahead}`])
    }
  })

  test('[NUM11] a timestamp in the past widens the answer to what came after it, less a minute', async () => {
    await using meeting = await meet(engine)
    const { ann, bob, group, time, pass } = meeting
    await using sender = await NumberedClient.open(ann)
    await sender.say(group, 'one')
    await pass()
    await sender.say(group, 'two')
    await pass()
    const middle = time.now() - MINUTES
    expect((await visit(bob, 0)).texts()).toEqual(['one', 'two'])
    expect((await visit(bob, middle)).texts()).toEqual(['two'])
    expect((await visit(bob, middle - 90_000)).texts()).toEqual(['one', 'two'])
    expect((await visit(bob, time.now())).texts()).toEqual([])
    const widened = await visit(bob, 0)
    expect(widened.texts()).toEqual(['one', 'two'])
    expect(widened.all(70)).toHaveLength(1)
  })

  test('[NUM11] a connection may ask again, and what it sent itself then comes as 20', async () => {
    await using meeting = await meet(engine)
    const { ann, bob, group } = meeting
    await using other = await NumberedClient.open(bob)
    await using client = await NumberedClient.open(ann)
    await client.say(group, 'mine')
    await other.say(group, 'his')
    await client.heard(20)
    client.send({ method: 20, timestamp: 0, caught_up: true })
    await client.heard(29)
    expect(client.texts()).toEqual(['his', 'mine', 'his'])
    await other.say(group, 'later')
    await client.heard(20, ({ body }) => body.data === 'later')
    expect(client.texts()).toEqual(['his', 'mine', 'his', 'later'])
  })

  test('[NUM12] what is not proven comes again', async () => {
    await using meeting = await meet(engine)
    const { ann, bob, group, time, pass } = meeting
    await visit(bob, time.now())
    await using sender = await NumberedClient.open(ann)
    await sender.say(group, 'one')
    await sender.say(group, 'two')
    // It reads, and answers no ping: the connection may have been cut before its last hop.
    for (const round of ['first', 'second']) {
      await pass()
      const start = { method: 20, timestamp: time.now(), caught_up: true }
      await using deaf = await NumberedClient.open(bob, { autoPong: false, start })
      await deaf.heard(29)
      expect(deaf.texts(), round).toEqual(['one', 'two'])
      await deaf.close()
    }
  })

  test('[NUM12] a receipt proves nothing: its message may have been met on a connection that went live from the heads', async () => {
    await using meeting = await meet(engine)
    const { ann, bob, group, time, pass } = meeting
    await using sender = await NumberedClient.open(ann)
    await sender.say(group, 'one')
    await sender.say(group, 'two')
    const three = await sender.say(group, 'three')
    const start = { method: 20, timestamp: time.now(), caught_up: true }
    // What is on its way to him may be lost with the connection; the third he knows already.
    await using deaf = await NumberedClient.open(bob, { autoPong: false, start })
    await deaf.heard(29)
    await deaf.call({ method: 41, body: { message_id: three } })
    await deaf.close()
    await pass()
    expect((await visit(bob, time.now())).texts()).toEqual(['one', 'two', 'three'])
  })

  test('[NUM10] [CAL2] whose method 20 is refused is told and sent away: live from the heads he would miss what came before', async () => {
    await using server = await startTestServer({
      engine,
      timings: { ...timings, liveMs: 50 },
      config: { limits: { callsBurst: 20, callsPerSecond: 1 } },
    })
    const ann = await signUp(server.url, 'ann')
    const bob = await signUp(server.url, 'bob')
    const group = await createGroup(ann, [bob])
    await using sender = await NumberedClient.open(ann)
    await sender.say(group, 'before')
    await using hasty = await NumberedClient.open(bob, { start: false })
    for (let count = 0; count < 20; count += 1) hasty.send({ method: 99 })
    hasty.send({ method: 20, timestamp: Date.now() })
    await vi.waitFor(() => expect(hasty.closeCode).toBe(1013))
    expect(hasty.all(90).at(-1)?.body).toMatchObject({ code: 'RATE_LIMITED', method: 20 })
    expect(hasty.all(20)).toEqual([])
  })

  test('[NUM10] [CAL2] so is he who had gone live from the heads before his method 20 was refused', async () => {
    await using server = await startTestServer({
      engine,
      timings: { ...timings, liveMs: 50 },
      config: { limits: { callsBurst: 200, callsPerSecond: 1 } },
    })
    const ann = await signUp(server.url, 'ann')
    const bob = await signUp(server.url, 'bob')
    const group = await createGroup(ann, [bob])
    await using sender = await NumberedClient.open(ann)
    await sender.say(group, 'before')
    await using late = await NumberedClient.open(bob, { start: false })
    for (let count = 0; late.all(20).length === 0 && count < 150; count += 1)
      await sender.say(group, `live ${count}`)
    for (let count = 0; count < 200; count += 1) late.send({ method: 99 })
    late.send({ method: 20, timestamp: Date.now() })
    await vi.waitFor(() => expect(late.closeCode).toBe(1013))
    expect(late.texts()).not.toContain('before')
  })

  test('[NUM13] missed events come oldest first, page after page, and 29 once and only when asked for', async () => {
    await using meeting = await meet(engine)
    const { ann, bob, group } = meeting
    await using sender = await NumberedClient.open(ann)
    const texts = Array.from({ length: 450 }, (_, index) => `message ${index}`)
    for (const data of texts) sender.send({ method: 40, body: { group_id: group, data } })
    await sender.count(21, texts.length)
    const visitor = await visit(bob, Date.now())
    expect(visitor.texts()).toEqual(texts)
    expect(visitor.all(29)).toHaveLength(1)
    await using silent = await NumberedClient.open(bob, { deviceId: 'other' })
    await silent.heard(20, ({ body }) => body.data === texts.at(-1))
    expect(silent.all(29)).toEqual([])
  })

  test('[NUM10] nothing is pushed before method 20', async () => {
    await using meeting = await meet(engine)
    const { ann, bob, group } = meeting
    await using waiting = await NumberedClient.open(bob, { start: false })
    await using sender = await NumberedClient.open(ann)
    await sender.say(group, 'hi')
    await waiting.call({ method: 60, body: { group_id: group } })
    expect(waiting.typesBut(42)).toEqual([1])
    waiting.send({ method: 20, timestamp: Date.now() })
    await waiting.heard(20)
    expect(waiting.texts()).toEqual(['hi'])
  })

  test('[NUM6] receipts that came while the sender was away reach him for his own messages', async () => {
    await using meeting = await meet(engine)
    const { ann, bob, group, time, pass } = meeting
    await using reader = await NumberedClient.open(bob)
    const own = await reader.say(group, 'by bob')
    const sender = await NumberedClient.open(ann)
    const ids = [await sender.say(group, 'one'), await sender.say(group, 'two')]
    await sender.proven()
    await sender.close()
    await reader.call({ method: 42, body: { message_id: ids[1] } })
    await pass()
    const back = await visit(ann, time.now())
    expect(back.all(23).map(({ body }) => body.message_id)).toEqual(ids)
    expect(back.all(22).map(({ body }) => body.message_id)).toEqual(ids)
    expect(back.all(23).every(({ body }) => body.user_id === bob.id)).toBe(true)
    expect(reader.all(23).map(({ body }) => body.message_id)).not.toContain(own)
    expect(reader.all(22)).toEqual([])
  })

  test('[NUM14] who is added gets one 70 and no 72 of his own, the others one 72', async () => {
    await using meeting = await meet(engine)
    const { ann, bob, group, server } = meeting
    const cat = await signUp(server.url, 'cat')
    await using annClient = await NumberedClient.open(ann)
    await using bobClient = await NumberedClient.open(bob)
    await using catClient = await NumberedClient.open(cat)
    await annClient.call({ method: 53, body: { group_id: group, user_ids: [cat.id] } })
    for (const client of [annClient, bobClient]) {
      expect((await client.heard(72)).body).toEqual({ group_id: group, user_id: cat.id })
    }
    expect((await catClient.heard(70)).body).toMatchObject({ group_id: group, name: 'group_1' })
    await annClient.say(group, 'welcome')
    await catClient.heard(20)
    expect(catClient.typesBut(42)).toEqual([70, 20])
    expect(bobClient.all(72)).toHaveLength(1)
  })

  test('[NUM5] a direct conversation is a group without a name', async () => {
    await using meeting = await meet(engine)
    const { ann, bob, server } = meeting
    await using annClient = await NumberedClient.open(ann)
    await using bobClient = await NumberedClient.open(bob)
    const opened = await request(`${server.url}/trpc/conversation.open`, {
      token: ann.token,
      body: { json: { userId: bob.id } },
    })
    expect(opened.status).toBe(200)
    const direct = (await annClient.heard(70, ({ body }) => body.name === null)).body.group_id
    await bobClient.heard(70, ({ body }) => body.group_id === direct)
    await annClient.say(direct, 'between us')
    expect((await bobClient.heard(20)).body).toMatchObject({ group_id: direct, data: 'between us' })
  })
})

test('[NUM10] a client that never asks goes live from the heads, and its place stays where it was', async () => {
  await using server = await startTestServer({
    engine: 'sqlite',
    timings: { ...timings, liveMs: 50 },
  })
  const ann = await signUp(server.url, 'ann')
  const bob = await signUp(server.url, 'bob')
  const group = await createGroup(ann, [bob])
  await using sender = await NumberedClient.open(ann)
  await sender.say(group, 'before')
  await using silent = await NumberedClient.open(bob, { start: false })
  // Live once it hears what is said now; what was said before is not sent.
  for (let count = 0; silent.all(20).length === 0 && count < 200; count += 1) {
    await sender.say(group, `live ${count}`)
  }
  expect(silent.texts()[0]).toMatch(/^live/)
  await silent.close()
  const back = await visit(bob, Date.now())
  expect(back.texts()[0]).toBe('before')
})

test('[NUM11] a new device begins a minute before its session was made', async () => {
  const time = createTime('sqlite')
  await using server = await startTestServer({ engine: 'sqlite', timings, clock: time.clock })
  const ann = await signUp(server.url, 'ann')
  const bob = await signUp(server.url, 'bob')
  const group = await createGroup(ann, [bob])
  await using sender = await NumberedClient.open(ann, { start: { method: 20, timestamp: 0 } })
  await sender.say(group, 'an hour ago')
  await time.pass(server.databaseUrl, 3_600_000 - 30_000)
  await sender.say(group, 'half a minute ago')
  await time.pass(server.databaseUrl, 30_000)
  const device = await logIn(bob)
  const ago = async (ms: number) => (await visit(device, time.now() - ms)).texts()
  expect(await ago(0)).toEqual(['half a minute ago'])
  expect(await ago(1_800_000)).toEqual(['half a minute ago'])
  expect(await ago(3_600_000)).toEqual(['an hour ago', 'half a minute ago'])
})
