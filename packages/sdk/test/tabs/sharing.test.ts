import { expect, test } from 'vitest'
import { createDeferred } from '../../src/deferred.ts'
import { memoryStorage, type ClientStorage, type TidingsClient } from '../../src/index.ts'
import { shareTabsOn } from '../../src/tabs/share-tabs.ts'
import { openWorld, type World } from '../support/world.ts'
import { FakeBrowser, type FakeTab } from './fake-browser.ts'
import { until } from './until.ts'

interface Opened {
  readonly client: TidingsClient
  readonly tab: FakeTab
  /** Every event that was told, `stream:seq`. */
  readonly events: string[]
  readonly resets: string[]
  readonly errors: string[]
}

/** A browser whose tabs have one storage, or each its own. */
function createBrowser(world: World, storage?: () => ClientStorage) {
  const browser = new FakeBrowser()
  const shared = memoryStorage()
  const open = (own: ClientStorage = storage?.() ?? shared): Opened => {
    const tab = browser.openTab()
    const tabs = shareTabsOn('app', tab.platform)
    const client = world.open({ storage: own, tabs })
    const events: string[] = []
    const resets: string[] = []
    const errors: string[] = []
    client.on('event', ({ stream, seq }) => events.push(`${stream}:${seq}`))
    client.on('reset', ({ stream, reason }) => resets.push(`${reason} ${stream}`))
    client.on('error', ({ code }) => errors.push(code))
    return { client, tab, events, resets, errors }
  }
  return { open, shared, browser }
}

const text = (said: string) => ({ kind: 'text', text: said }) as const

const textsOf = ({ client }: Opened, id: string) =>
  client.store
    .messages(id)
    .get()
    .items.map(({ body }) => ('text' in body ? body.text : body.kind))

const show = ({ client }: Opened, id: string) =>
  client.store.messages(id).subscribe(() => undefined)

const seqsOf = ({ events }: Opened, id: string) =>
  events.filter((event) => event.startsWith(`m:${id}:`)).map((event) => Number(event.split(':')[2]))

/** Ann in so many tabs, all connected and looking at her conversation with bob. */
async function openAnn(world: World, browser: ReturnType<typeof createBrowser>, count: number) {
  const bob = await world.join('bob')
  const first = browser.open()
  await first.client.account.register({
    ...{ username: 'ann', password: 'correct horse' },
    signIn: true,
  })
  const { id } = await first.client.conversation.open({ username: 'bob' })
  await first.client.connect()
  const others = Array.from({ length: count - 1 }, () => browser.open())
  const all: [Opened, ...Opened[]] = [first, ...others]
  for (const one of all) {
    show(one, id)
    await one.client.connect()
  }
  return { bob, id, all }
}

test('[TAB1] signing in and out, and every error, are the same from any tab', async () => {
  await using world = await openWorld()
  await world.join('bob')
  const { open } = createBrowser(world)
  const [first, second] = [open(), open()]
  const { client } = second
  await expect(client.account.get()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  await client.account.register({ username: 'ann', password: 'correct horse', signIn: true })
  await until(() => {
    for (const one of [first, second]) {
      expect(one.client.userId).toBeDefined()
      expect(one.client.store.user.get()?.username).toBe('ann')
    }
  })
  await client.connect()
  expect(first.client.connection.state.state).toBe('connected')
  expect(client.connection.state.state).toBe('connected')
  const { id } = await client.conversation.open({ username: 'bob' })
  expect((await client.conversation.get({ conversationId: id })).peer?.username).toBe('bob')
  await expect(client.conversation.open({ username: 'nobody' })).rejects.toMatchObject({
    ...{ name: 'TidingsError', code: 'NOT_FOUND', retryable: false },
  })
  const tooLong = client.account.register({ username: 'x'.repeat(500), password: 'y' })
  await expect(tooLong).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    details: { fields: expect.arrayContaining([expect.objectContaining({ path: 'username' })]) },
  })
  await client.account.logout()
  await until(() => {
    for (const one of [first, second]) {
      expect(one.client.store.user.get()).toBeUndefined()
      expect(one.client.connection.state).toMatchObject({ reason: 'signedOut' })
      expect(one.client.store.conversations.get().items).toEqual([])
    }
  })
})

test('[TAB1] [TAB2] what a following tab says is shown there at once, can be changed, and refused', async () => {
  await using world = await openWorld()
  const { id, all, bob } = await openAnn(world, createBrowser(world), 2)
  const [first, second = first] = all
  world.proxy.stall(true)
  const sending = second.client.message.send({ conversationId: id, body: text('one') })
  expect(sending.message.state).toBe('queued')
  expect(textsOf(second, id)).toEqual(['one'])
  const { key } = sending.message
  await until(() => expect(textsOf(first, id)).toEqual(['one']))
  world.proxy.stall(false)
  const sent = await sending
  const keys = () =>
    all.map(({ client }) =>
      client.store
        .messages(id)
        .get()
        .items.map((item) => item.key),
    )
  await until(() => expect(keys()).toEqual([[key], [key]]))
  await second.client.message.edit({
    ...{ conversationId: id, messageId: sent.messageId },
    body: text('two'),
  })
  await until(() => {
    for (const one of all) expect(textsOf(one, id)).toEqual(['two'])
  })
  await bob.message.send({ conversationId: id, body: text('three') })
  await until(() => expect(first.client.store.unread.get()).toBe(1))
  await second.client.message.read({ conversationId: id })
  for (const { client } of all) expect(client.store.unread.get()).toBe(0)
  const gone = '01890000-0000-7000-8000-000000000000'
  const refused = second.client.message.send({ conversationId: gone, body: text('nobody') })
  await expect(refused).rejects.toMatchObject({ code: 'NOT_FOUND' })
  const { clientMessageId } = refused.message
  await until(() => {
    for (const one of all)
      expect(one.client.store.messages(gone).get().items).toMatchObject([{ state: 'failed' }])
  })
  await second.client.message.discard({ clientMessageId: clientMessageId ?? '' })
  for (const one of all) expect(one.client.store.messages(gone).get().items).toEqual([])
})

test('[TAB2] a following tab pages back, sees members and their marks, and presence', async () => {
  await using world = await openWorld()
  const { all, bob } = await openAnn(world, createBrowser(world), 2)
  const [first, second = first] = all
  const cat = await world.join('cat')
  const userIds = [bob.userId ?? '', cat.userId ?? '']
  const { id } = await second.client.group.create({ name: 'three', userIds })
  await bob.connect()
  const said = Array.from({ length: 130 }, (_, place) => `${place}`)
  await Promise.all(said.map((one) => bob.message.send({ conversationId: id, body: text(one) })))
  const third = second.client.store.messages(id)
  third.subscribe(() => undefined)
  await until(() => expect(third.get().items.length).toBeGreaterThanOrEqual(50))
  while (third.get().hasOlder) await third.loadOlder()
  await until(() => expect(textsOf(second, id)).toEqual(said))
  const members = second.client.store.members(id)
  members.subscribe(() => undefined)
  await until(() => expect(members.get()).toHaveLength(3))
  await bob.message.read({ conversationId: id, seq: 100 })
  await until(() =>
    expect(members.get().find(({ username }) => username === 'bob')?.readSeq).toBe(100),
  )
  const presence = second.client.store.presence(bob.userId ?? '')
  presence.subscribe(() => undefined)
  await until(() => expect(presence.get()?.online).toBe(true))
})

test('[TAB3] what was told and not kept yet is kept by the tab that takes over', async () => {
  await using world = await openWorld()
  const held = createDeferred<void>()
  let isHeld = false
  const browser = createBrowser(world)
  const own: ClientStorage = {
    read: (range) => browser.shared.read(range),
    clear: () => browser.shared.clear(),
    write: (changes) => (isHeld ? held.promise : browser.shared.write(changes)),
  }
  const bob = await world.join('bob')
  const first = browser.open(own)
  await first.client.account.register({
    ...{ username: 'ann', password: 'correct horse' },
    signIn: true,
  })
  const { id } = await first.client.conversation.open({ username: 'bob' })
  await first.client.connect()
  const second = browser.open()
  show(second, id)
  await second.client.connect()
  await bob.message.send({ conversationId: id, body: text('kept') })
  await until(() => expect(textsOf(second, id)).toEqual(['kept']))
  isHeld = true
  await bob.message.send({ conversationId: id, body: text('told') })
  await until(() => expect(seqsOf(second, id)).toEqual([1, 2]))
  const keptNow = async () =>
    (await browser.shared.read({ from: 'message/', to: 'message0' })).map(
      ({ value }) => Object(value).body.text,
    )
  expect(await keptNow()).toEqual(['kept'])
  first.tab.die()
  await bob.message.send({ conversationId: id, body: text('later') })
  await until(async () => expect(await keptNow()).toEqual(['kept', 'told', 'later']))
  expect(seqsOf(second, id)).toEqual([1, 2, 3])
  expect(second.resets).toEqual([])
  held.resolve()
})

test('[TAB3] what may be asked again is, when the tab that was asked has died; of the rest nobody knows', async () => {
  await using world = await openWorld()
  const { id, all, bob } = await openAnn(world, createBrowser(world), 3)
  const [first, second = first, third = first] = all
  world.proxy.stall(true)
  const messages = [second, third].map(({ client }, number) =>
    client.message.send({ conversationId: id, body: text(`${number}`) }),
  )
  const query = second.client.conversation.get({ conversationId: id })
  const group = second.client.group.create({ name: 'perhaps', userIds: [] })
  group.catch(() => undefined)
  await until(() => expect(textsOf(third, id)).toHaveLength(2))
  first.tab.die()
  await expect(group).rejects.toMatchObject({ code: 'NETWORK' })
  world.proxy.stall(false)
  expect((await query).id).toBe(id)
  await Promise.all(messages)
  const { items: durable } = await bob.message.list({ conversationId: id })
  expect(durable.map(({ body }) => Object(body).text).sort()).toEqual(['0', '1'])
  await until(() => {
    for (const one of [second, third]) {
      expect(textsOf(one, id).toSorted()).toEqual(['0', '1'])
      expect(seqsOf(one, id)).toEqual([1, 2])
    }
  })
})

test('[TAB4] a tab that was thought dead keeps nothing after another has taken over, and follows when it comes to', async () => {
  await using world = await openWorld()
  const shared = memoryStorage()
  /** The numbers of the tabs that have written. */
  const writers: number[] = []
  let opened = 0
  const browser = createBrowser(world, () => {
    opened += 1
    const own = opened
    return {
      ...{ read: (range) => shared.read(range), clear: () => shared.clear() },
      write(changes) {
        writers.push(own)
        return shared.write(changes)
      },
    }
  })
  const { id, all, bob } = await openAnn(world, browser, 2)
  const [first, second = first] = all
  expect(browser.browser.holderOf('tidings app')).toBe(first.tab.id)
  first.tab.hang()
  await second.client.message.send({ conversationId: id, body: text('hello?') })
  expect(browser.browser.holderOf('tidings app')).toBe(second.tab.id)
  expect(writers).toContain(1)
  writers.length = 0
  // Its engine still runs, as that of a tab whose messages come late: it is told by the server and would write.
  await bob.message.send({ conversationId: id, body: text('to whom?') })
  await until(() => {
    for (const one of all) expect(seqsOf(one, id)).toEqual([1, 2])
  })
  first.tab.wake()
  await until(() => expect(textsOf(first, id)).toEqual(['hello?', 'to whom?']))
  await bob.message.send({ conversationId: id, body: text('both') })
  await until(() => {
    for (const one of all) {
      expect(textsOf(one, id)).toEqual(['hello?', 'to whom?', 'both'])
      expect(new Set(one.events).size).toBe(one.events.length)
      expect(one.client.connection.state.state).toBe('connected')
    }
  })
  expect(new Set(writers)).toEqual(new Set([2]))
})

test('[TAB2] a tab that has missed something is told it in order', async () => {
  await using world = await openWorld()
  const { id, all, bob } = await openAnn(world, createBrowser(world), 2)
  const [first, second = first] = all
  second.tab.losing = 3
  for (let place = 1; place <= 6; place += 1)
    await bob.message.send({ conversationId: id, body: text(`${place}`) })
  await until(() => expect(seqsOf(second, id)).toEqual([1, 2, 3, 4, 5, 6]))
  expect(textsOf(second, id)).toEqual(textsOf(first, id))
  expect(second.resets).toEqual([])
})

test('[TAB6] tabs without a storage in common take over from one another as well', async () => {
  await using world = await openWorld()
  const { id, all, bob } = await openAnn(world, createBrowser(world, memoryStorage), 3)
  for (const said of ['one', 'two', 'three'])
    await bob.message.send({ conversationId: id, body: text(said) })
  const [first, second = first, third = first] = all
  await until(() => expect(textsOf(third, id)).toEqual(['one', 'two', 'three']))
  first.tab.die()
  await third.client.message.send({ conversationId: id, body: text('four') })
  await second.client.close()
  await third.client.message.send({ conversationId: id, body: text('five') })
  await until(() => expect(textsOf(third, id)).toEqual(['one', 'two', 'three', 'four', 'five']))
  expect(seqsOf(third, id)).toEqual([1, 2, 3, 4, 5])
  expect(third.client.store.unread.get()).toBe(3)
})

test('[TAB7] where the browser cannot share, each tab is a client of its own', async () => {
  await using world = await openWorld()
  await world.join('bob')
  const client = world.open({ tabs: shareTabsOn('app', undefined) })
  await client.account.register({ username: 'ann', password: 'correct horse', signIn: true })
  await client.connect()
  expect(client.connection.state.state).toBe('connected')
})

test('[TAB8] a tab of another version is left alone, and said so once', async () => {
  await using world = await openWorld()
  const browser = createBrowser(world)
  const { all } = await openAnn(world, browser, 1)
  const wire = browser.browser.openTab().platform.openWire('tidings app')
  for (let turn = 0; turn < 3; turn += 1)
    wire.post({ version: 99, from: 'elsewhere', kind: 'poll' })
  await until(() => expect(all[0].errors).toEqual(['UNSUPPORTED_VERSION']))
  expect((await all[0].client.account.get()).username).toBe('ann')
})
