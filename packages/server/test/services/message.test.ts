import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Kinds, MessageBody, Sent } from '@tidings/protocol/wire'
import { listMessages } from '../../src/services/message-history.ts'
import { sendMessage } from '../../src/services/message.ts'
import { describeEngines } from '../support/databases.ts'
import { openMessageWorld } from './message-world.ts'

function sent(outcome: unknown): Sent {
  return outcome as Sent
}

describeEngines('messages', (engine) => {
  const text = (value: string): MessageBody => ({ kind: 'text', text: value })

  test('[MSG1] [MSG2] a send is answered with its place, and a repeat with the same', async () => {
    await using chat = await openMessageWorld(engine)
    const input = { conversationId: chat.group.id, clientMessageId: 'k', body: text('hi') }
    const first = sent(await sendMessage(chat.deps, chat.ann, input))
    expect(first).toMatchObject({
      seq: 1,
      stream: `m:${chat.group.id}`,
      clientMessageId: 'k',
      duplicate: false,
    })
    expect(await sendMessage(chat.deps, chat.ann, input)).toEqual({ ...first, duplicate: true })
    const conflict = sendMessage(chat.deps, chat.ann, { ...input, body: text('other') })
    await expect(conflict).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' })
  })

  test('[MSG2] a repeat whose keys are in another order is a repeat', async () => {
    await using chat = await openMessageWorld(engine)
    const send = (data: Record<string, number>) =>
      sendMessage(chat.deps, chat.ann, {
        conversationId: chat.group.id,
        clientMessageId: 'k',
        body: { kind: 'poll', data },
      })
    const first = sent(await send({ a: 1, b: 2 }))
    expect(sent(await send({ b: 2, a: 1 })).messageId).toBe(first.messageId)
    await expect(send({ a: 1, b: 3 })).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' })
  })

  test('[MSG3] a member may send; a never-member and a leaver get NOT_FOUND, as does everybody where nothing is', async () => {
    await using chat = await openMessageWorld(engine)
    const { deps, group } = chat
    const send = (conversationId: string) => ({ conversationId, body: text('hi') })
    await sendMessage(deps, chat.bob, send(group.id))
    await chat.world.leave(group, chat.bobUser)
    for (const actor of [chat.bob, chat.cat]) {
      await expect(sendMessage(deps, actor, send(group.id))).rejects.toMatchObject({
        code: 'NOT_FOUND',
      })
    }
    const nowhere = send('00000000-0000-4000-8000-000000000000')
    await expect(sendMessage(deps, chat.ann, nowhere)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('[MSG4] [MSG5] an array is answered item by item in its order, and one refusal fails no neighbour', async () => {
    await using chat = await openMessageWorld(engine)
    const { deps, group } = chat
    const inputs = Array.from({ length: 30 }, (_, i) => ({
      conversationId: i % 10 === 5 ? '00000000-0000-4000-8000-000000000000' : group.id,
      body: text(`m${i}`),
    }))
    const outcomes = (await sendMessage(deps, chat.ann, inputs)) as (
      Sent | { error: { code: string } }
    )[]
    const seqs = outcomes.flatMap((outcome) => ('seq' in outcome ? [outcome.seq] : []))
    expect(seqs).toEqual(Array.from({ length: 27 }, (_, i) => i + 1))
    for (const at of [5, 15, 25])
      expect(outcomes[at]).toMatchObject({ error: { code: 'NOT_FOUND', retryable: false } })
    const { items: messages } = await listMessages(deps, chat.bob, { conversationId: group.id })
    const texts = messages.map(({ body }) => ('text' in body ? body.text : '')).reverse()
    expect(texts).toEqual(
      inputs
        .filter((_, i) => i % 10 !== 5)
        .map((_, i) => inputs.filter((_, j) => j % 10 !== 5)[i]?.body)
        .map((body) => (body && 'text' in body ? body.text : '')),
    )
  })

  test('[MSG6] with kinds, known ones are validated and unknown ones refused; without, any bounded JSON is taken', async () => {
    const kinds: Kinds = {
      poll: z.object({ question: z.string().trim(), votes: z.number().default(0) }),
    }
    await using chat = await openMessageWorld(engine, kinds)
    const send = (body: MessageBody) =>
      sendMessage(chat.deps, chat.ann, { conversationId: chat.group.id, body })
    await send({ kind: 'poll', data: { question: ' tea? ' } })
    await expect(send({ kind: 'poll', data: { question: 7 } })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    })
    await expect(send({ kind: 'quiz', data: 1 })).rejects.toMatchObject({
      code: 'UNSUPPORTED_KIND',
    })
    await expect(send({ kind: 'toString', data: 1 })).rejects.toMatchObject({
      code: 'UNSUPPORTED_KIND',
    })
    await send(text('plain'))
    const { items: messages } = await listMessages(chat.deps, chat.bob, {
      conversationId: chat.group.id,
    })
    expect(messages.map(({ body }) => body)).toEqual([
      text('plain'),
      { kind: 'poll', data: { question: 'tea?', votes: 0 } },
    ])
    const open = { ...chat.deps, kinds: undefined }
    await sendMessage(open, chat.ann, {
      conversationId: chat.group.id,
      body: { kind: 'quiz', data: [1] },
    })
  })

  test('[MSG7] history comes newest first by cursor and by page, and only what the spans show', async () => {
    await using chat = await openMessageWorld(engine)
    const { deps, group, world } = chat
    for (let i = 1; i <= 5; i++)
      await sendMessage(deps, chat.ann, { conversationId: group.id, body: text(`m${i}`) })
    const seqs = async (how: object, actor = chat.bob) => {
      const page = await listMessages(deps, actor, { conversationId: group.id, ...how })
      return [page.items.map(({ seq }) => seq), page.next !== null]
    }
    expect(await seqs({ limit: 2 })).toEqual([[5, 4], true])
    expect(await seqs({ limit: 2, before: 4 })).toEqual([[3, 2], true])
    expect(await seqs({ limit: 2, before: 2 })).toEqual([[1], false])
    expect(await seqs({ limit: 2, after: 2 })).toEqual([[4, 3], true])
    expect(await seqs({ limit: 2, page: 1 })).toEqual([[5, 4], true])
    expect(await seqs({ limit: 2, page: 3 })).toEqual([[1], false])
    expect(await seqs({ limit: 2, page: 9 })).toEqual([[], false])
    await expect(seqs({ page: 1, before: 2 })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    await world.leave(group, chat.bobUser)
    await sendMessage(deps, chat.ann, { conversationId: group.id, body: text('unseen') })
    expect(await seqs({})).toEqual([[5, 4, 3, 2, 1], false])
    expect((await seqs({}, chat.ann))[0]).toEqual([7, 5, 4, 3, 2, 1])
    await expect(seqs({}, chat.cat)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('[MSG1] text of every script comes back byte for byte', async () => {
    await using chat = await openMessageWorld(engine)
    const texts = [
      'e\u0301',
      'שלום',
      '👩‍👩‍👧',
      '\u202Ertl',
      'a\\u0000b',
      '"; drop table events; --',
      '  x  ',
      '\u{10FFFF}',
    ]
    for (const value of texts)
      await sendMessage(chat.deps, chat.ann, { conversationId: chat.group.id, body: text(value) })
    const { items: messages } = await listMessages(chat.deps, chat.bob, {
      conversationId: chat.group.id,
    })
    expect(messages.map(({ body }) => ('text' in body ? body.text : '')).reverse()).toEqual(texts)
  })

  test('[MSG2] [MSG6] a repeat is one although the schema makes something else of it each time', async () => {
    let made = 0
    const validate = (value: unknown) => ({ value: { said: value, number: ++made } })
    const kinds: Kinds = { note: { '~standard': { version: 1, validate } } }
    await using chat = await openMessageWorld(engine, kinds)
    const input = {
      conversationId: chat.group.id,
      clientMessageId: 'one',
      body: { kind: 'note', data: 'hi' },
    }
    const first = sent(await sendMessage(chat.deps, chat.ann, input))
    expect(await sendMessage(chat.deps, chat.ann, input)).toEqual({ ...first, duplicate: true })
    const other = { ...input, body: { kind: 'note', data: 'ho' } }
    await expect(sendMessage(chat.deps, chat.ann, other)).rejects.toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
    })
  })

  test('[MSG7] history is listed also by one who has come and gone very often', async () => {
    await using chat = await openMessageWorld(engine)
    const { spans } = chat.database.tables
    const streamKey = chat.group.messageStreamKey
    await chat.world.send(chat.group, chat.annUser)
    await chat.world.send(chat.group, chat.annUser)
    const userKey = chat.cat.userKey
    await chat.database.tx(async (tx) => {
      const gone = Array.from({ length: 3000 }, (_, i) => ({
        streamKey,
        userKey,
        fromSeq: 10 + 3 * i,
        toSeq: 11 + 3 * i,
      }))
      await tx.insert(spans).values([...gone, { streamKey, userKey, fromSeq: 2, toSeq: 2 }])
    })
    const page = await listMessages(chat.deps, chat.cat, { conversationId: chat.group.id })
    expect(page.items.map(({ seq }) => seq)).toEqual([2])
  })

  test('[MSG7] by page nobody makes the server skip more than 10,000 messages', async () => {
    await using chat = await openMessageWorld(engine)
    const place = { conversationId: chat.group.id, limit: 100 }
    expect(await listMessages(chat.deps, chat.ann, { ...place, page: 101 })).toEqual({
      items: [],
      next: null,
    })
    await expect(listMessages(chat.deps, chat.ann, { ...place, page: 102 })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    })
  })
})
