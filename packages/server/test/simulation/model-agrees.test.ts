import { expect, test } from 'vitest'
import type { StoredEvent } from '../../src/journal/journal.ts'
import { pullBothWays } from '../support/pull.ts'
import { describeEngines, openTestDatabase, type Engine } from '../support/databases.ts'
import { JournalWorld, type TestConversation, type TestUser } from '../support/journal-world.ts'
import { ModelDatabase } from './model-database.ts'
import type { ModelStream } from './model-stream.ts'
import { Random } from './random.ts'
import { Timeline } from './timeline.ts'
import { ALL_LAYERS, type World } from './world.ts'

const EPOCH = 1

function makeWorld(random: Random): World {
  return {
    time: new Timeline(),
    random,
    bug: undefined,
    layers: ALL_LAYERS,
    records: [],
    loss: 0,
    databaseDelay: 1,
    tag: () => 1,
    listens: () => undefined,
  }
}

/** One conversation of three users, in the real journal and in the simulation's model of it. */
class Both {
  readonly real: JournalWorld
  readonly users: readonly TestUser[]
  readonly group: TestConversation
  readonly model: ModelDatabase
  readonly stream: ModelStream
  readonly name: string

  constructor(real: JournalWorld, made: { users: TestUser[]; group: TestConversation }) {
    this.real = real
    this.users = made.users
    this.group = made.group
    this.name = `m:${made.group.id}`
    this.model = new ModelDatabase(makeWorld(new Random(1)), { users: 3, conversations: 1 })
    this.stream = this.model.stream('m:0')
    for (const spans of this.stream.spans) spans.push({ from: 1, to: undefined, since: 0 })
  }

  async change(random: Random): Promise<void> {
    const index = random.below(3)
    const user = this.users[index]
    if (user === undefined) throw new Error('no user')
    const span = this.stream.openSpan(index)
    if (random.chance(0.1)) {
      const floor = random.below(this.stream.head + 1)
      await this.real.journal.trim(this.group.messageStreamKey, floor)
      this.stream.retain(floor)
    } else if (span === undefined && random.chance(0.3)) {
      await this.#openAndClose(index, user)
    } else if (span === undefined) {
      const row = this.#insert(await this.real.join(this.group, user))
      this.stream.spans[index]?.push({ from: row + 1, to: undefined, since: 0 })
    } else if (random.chance(0.25)) span.to = this.#insert(await this.real.leave(this.group, user))
    else this.#insert((await this.real.send(this.group, user)).event)
  }

  /** Comes and goes without an event in between, as on a conversation's receipts. */
  async #openAndClose(index: number, user: TestUser): Promise<void> {
    const { messageStreamKey } = this.group
    const { head } = this.stream
    await this.real.journal.transact(async (journal) => {
      await journal.lock([messageStreamKey])
      await journal.openSpans([
        { streamKey: messageStreamKey, userKey: user.key, fromSeq: head + 1 },
      ])
      await journal.closeSpan(messageStreamKey, user.key, head)
    })
    this.stream.spans[index]?.push({ from: head + 1, to: head, since: 0 })
  }

  #insert({ seq, tag, ts }: StoredEvent): number {
    const { key, name } = this.stream
    const row = { streamKey: key, stream: name, seq, tag, ts, kind: 'message' as const }
    this.stream.insert({ ...row, sent: undefined, receipt: undefined, says: undefined, t: 0 })
    return seq
  }

  /** What both say to a pull; tags of events that are not there any more are left out. */
  async pulls(index: number, random: Random) {
    const after = random.below(this.stream.head + 3)
    const known = this.stream.tagAt(after)
    const tag = random.chance(0.8) ? known : random.pick([0, 77])
    const limit = random.between(1, 12)
    const ask = { epoch: EPOCH, limit }
    const key = this.users[index]?.key ?? 0
    const real = await pullBothWays(this.real.journal, key, {
      ...ask,
      streams: [{ stream: this.name, after, tag }],
    })
    const model = this.model.pull(index, { ...ask, streams: [{ stream: 'm:0', after, tag }] })
    return {
      asked: { user: index, after, tag, known, limit, floor: this.stream.floor },
      real: real.streams.map((item) => this.#plain(item)),
      model: model.streams.map((item) => this.#plain(item)),
    }
  }

  async heads(index: number) {
    const real = await this.real.journal.heads(this.users[index]?.key ?? 0, {})
    const all = { changedSince: undefined, after: undefined, limit: 1000 }
    const model = this.model.heads(index, all)
    const ours = (stream: string) => stream === this.name || stream === 'm:0'
    const plain = ({ head, tag, floor }: { head: number; tag: number; floor: number }) => ({
      head,
      tag: head > floor ? tag : 0,
      floor,
    })
    return {
      real: real.heads.filter(({ stream }) => ours(stream)).map(plain),
      model: model.heads.filter(({ stream }) => ours(stream)).map(plain),
    }
  }

  #plain(item: Answered) {
    const { floor } = this.stream
    const tagOf = (seq: number, tag: number) => (seq > floor ? tag : 0)
    if ('reset' in item) {
      const { reason, head, tag } = item.reset
      return { reason, head, tag: tagOf(head, tag), floor: item.reset.floor }
    }
    const { upTo, more } = item
    return {
      seqs: item.events.map(({ seq }) => seq),
      upTo: [upTo.seq, tagOf(upTo.seq, upTo.tag)],
      more,
    }
  }
}

type Answered =
  | {
      readonly events: readonly { readonly seq: number }[]
      readonly upTo: { readonly seq: number; readonly tag: number }
      readonly more: boolean
    }
  | {
      readonly reset: {
        readonly reason: string
        readonly head: number
        readonly tag: number
        readonly floor: number
      }
    }

async function openBoth(engine: Engine) {
  const database = await openTestDatabase(engine)
  const real = new JournalWorld(database, EPOCH)
  const users = [await real.user('ann'), await real.user('bob'), await real.user('cat')]
  const group = await real.conversation(users)
  const both = new Both(real, { users, group })
  return Object.assign(both, {
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  })
}

describeEngines('the model of the simulation', (engine) => {
  test('[SYN22] [SYN24] [SYN25] answers heads and pulls as the real journal does', async () => {
    const random = new Random(20_250_101)
    for (let round = 0; round < 3; round += 1) {
      await using both = await openBoth(engine)
      for (let change = 0; change < 30; change += 1) {
        await both.change(random)
        const user = random.below(3)
        const { asked, real, model } = await both.pulls(user, random)
        expect({ asked, answer: model }).toEqual({ asked, answer: real })
        const heads = await both.heads(user)
        expect(heads.model).toEqual(heads.real)
      }
    }
  })

  test('[SYN23] [SYN22] heads changed since a time begin a minute before it', async () => {
    await using both = await openBoth(engine)
    const { event } = await both.real.send(both.group, both.users[0] ?? (await both.real.user('x')))
    const isListed = async (changedSince: number) => {
      const { heads } = await both.real.journal.heads(both.users[1]?.key ?? 0, { changedSince })
      return heads.some(({ stream }) => stream === both.name)
    }
    expect(await isListed(event.ts + 60_000)).toBe(true)
    expect(await isListed(event.ts + 60_001)).toBe(false)
    const { watermark } = await both.real.journal.heads(both.users[1]?.key ?? 0, {})
    expect(watermark).toBeGreaterThanOrEqual(event.ts)
  })
})
