import { expandPull } from '@tidings/protocol/wire'
import { expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { httpClient, type Person } from '../contract/person.ts'
import { RawTrpcClient } from '../doors/support/trpc-client.ts'
import { describeEngines } from '../support/databases.ts'
import { RestClient } from '../support/rest-client.ts'
import { OAuthWorld } from './world.ts'

const KNOWN = [
  'event.withheld',
  'event.withheld',
  'event.withheld',
  'event.withheld',
  'conversation.added',
]
const WITH_ACCOUNT = [
  'event.withheld',
  'event.withheld',
  'event.withheld',
  'user.updated',
  'conversation.added',
]

const soon = { timeout: 20_000 }

/** Blocks somebody and lets him go, asks another to be a contact, changes the profile, and opens a group. */
async function liveALittle(world: OAuthWorld, ann: Person): Promise<void> {
  const [bob, cat] = [await world.person('bob'), await world.person('cat')]
  const own = httpClient(world.url, ann.accessToken)
  await own.block.create.mutate({ userId: bob.userId })
  await own.block.delete.mutate({ userId: bob.userId })
  await own.contact.request.mutate({ userId: cat.userId })
  await own.account.updateProfile.mutate({ displayName: 'Ann' })
  await own.group.create.mutate({ name: 'any', userIds: [] })
}

interface Told {
  readonly stream: string
  readonly type: string
  readonly seq: number
  readonly body: unknown
}

describeEngines('what a client may not know', (engine) => {
  test.for([
    ['messages:read conversations:read', KNOWN],
    ['messages:read conversations:read account:read', WITH_ACCOUNT],
  ] as const)(
    '[OAU19] with the scopes %s is withheld, in its place, whichever way the client asks',
    async ([scope, types]) => {
      await using world = await OAuthWorld.open(engine)
      const ann = await world.person('ann')
      const client = await world.client({ scopes: scope.split(' ') })
      const { access } = await world.tokens(client, ann, { scope })
      const bot = httpClient(world.url, access)
      await using socket = await RawTrpcClient.open(world.url, access)
      socket.call(1, 'sync.live', { version: 1 }, 'subscription')
      await vi.waitUntil(() => socket.texts.some((text) => text.includes('"ready"')), soon)
      const { messagingUrl } = await bot.session.createTicket.mutate()
      const numbered = new WebSocket(messagingUrl)
      const frames: { readonly type: number }[] = []
      numbered.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString())))
      await new Promise((resolve) => numbered.once('open', resolve))
      numbered.send(JSON.stringify({ method: 20, body: { timestamp: 0 } }))
      await liveALittle(world, ann)
      await vi.waitUntil(() => socket.texts.some((text) => text.includes('.added"')), soon)
      await vi.waitUntil(() => frames.some(({ type }) => type === 70), soon)
      numbered.terminate()

      const stream = `u:${ann.userId}`
      const ownOf = (events: readonly Told[]) => events.filter((event) => event.stream === stream)
      const { epoch } = world.deps.journal
      const input = { epoch, streams: [{ stream, after: 0, tag: 0 }] }
      const [pulled] = (await bot.sync.pull.mutate(input)).streams
      const byPull = pulled === undefined || 'reset' in pulled ? [] : pulled.events
      const [compact] = expandPull(await bot.sync.pullCompact.mutate(input)).streams
      const byCompact = compact === undefined || 'reset' in compact ? [] : compact.events
      const since = await bot.sync.since.mutate({ since: 0 })
      const rest = await RestClient.open(world)
      const text = (await rest.call('sync.pull', input, access)).text
      const byRest = JSON.parse(text).streams[0].events as readonly Told[]
      const byLive = socket.frames.flatMap(({ result }) => eventsIn(result?.data?.json))
      for (const events of [ownOf(byLive), byPull, byCompact, ownOf(since.events), byRest]) {
        expect(events.map(({ type }) => type)).toEqual(types)
        expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5])
        for (const event of events.filter(({ type }) => type === 'event.withheld'))
          expect([Object.keys(event).toSorted(), event.body]).toEqual([
            ['body', 'seq', 'stream', 'tag', 'timestamp', 'type'],
            {},
          ])
      }
      const people = frames.filter(({ type }) => type >= 80 && type < 90)
      expect(people.map(({ type }) => type)).toEqual(types.includes('user.updated') ? [81] : [])
    },
  )

  test('[OAU19] nothing is withheld from the user himself', async () => {
    await using world = await OAuthWorld.open(engine)
    const ann = await world.person('ann')
    await liveALittle(world, ann)
    const { events } = await httpClient(world.url, ann.accessToken).sync.since.mutate({ since: 0 })
    const own = events.filter(({ stream }) => stream.startsWith('u:'))
    expect(own.map(({ type }) => type)).toEqual([
      'block.updated',
      'block.updated',
      'contact.updated',
      'user.updated',
      'conversation.added',
    ])
  })
})

/** The events of what a live subscription has yielded. */
function eventsIn(yielded: unknown): readonly Told[] {
  if (!Array.isArray(yielded)) return []
  return yielded.flatMap((item: { readonly events?: readonly Told[] }) => item.events ?? [])
}
