import { setTimeout as pause } from 'node:timers/promises'
import type { MessageItem, NoKinds } from '../../../src/index.ts'
import { openDevice, type Device } from './device.ts'
import { Flock } from './flock.ts'
import { startNumberedTalk } from './numbered-talk.ts'
import { NumberedDevice } from './numbered.ts'
import type { Request, ShownConversation, ShownMessage } from './orders.ts'
import { startTalk, type Talk } from './talk.ts'

// A process of several clients. It is told by its parent what to do, and may be killed at any moment.

const devices = new Map<string, Device>()
const numbered = new Map<string, NumberedDevice>()
const flock = new Flock(tellStates)
let talks: Talk[] = []

function deviceOf(name: string): Device {
  const device = devices.get(name)
  if (device === undefined) throw new Error(`no device ${name}`)
  return device
}

/** Tells the parent how many of the devices are connected. */
function tellStates(): void {
  const all = [...devices.values(), ...numbered.values()]
  const connected = all.filter((device) => device.isConnected()).length
  process.send?.({ connected: connected + flock.connected, of: all.length + flock.size })
}

async function answer(request: Request): Promise<unknown> {
  switch (request.ask) {
    case 'open': {
      const opened = await Promise.all(request.devices.map((one) => openDevice(one, tellStates)))
      for (const device of opened) devices.set(device.name, device)
      // Later ones see what earlier ones have begun.
      await Promise.all(opened.map(({ client }) => client.connect()))
      const older = request.numbered.map((orders) => new NumberedDevice(orders, tellStates))
      for (const device of older) numbered.set(device.name, device)
      await Promise.all(older.map((device) => device.open()))
      return [...opened, ...older].map(({ name, userId }) => [name, userId])
    }
    case 'group': {
      const { name, title, userIds } = request
      return (await deviceOf(name).client.group.create({ name: title, userIds: [...userIds] })).id
    }
    case 'direct':
      return (await deviceOf(request.name).client.conversation.open({ userId: request.userId })).id
    case 'talk':
      talks = request.talks.map((orders) => startTalk(deviceOf(orders.name), orders))
      for (const orders of request.numbered) {
        const device = numbered.get(orders.name)
        if (device !== undefined) talks.push(startNumberedTalk(device, orders))
      }
      return undefined
    case 'hush':
      await Promise.all(talks.map((talk) => talk.hush()))
      return undefined
    case 'stuck': {
      const all = [...devices.values(), ...numbered.values()]
      return (await Promise.all(all.map((device) => device.stuck()))).flat()
    }
    case 'lag': {
      const lags = await Promise.all([
        ...[...devices.values()].map(lagOf),
        ...[...numbered.values()].map((device) => device.missing(request.places)),
      ])
      const heads = lags.reduce((sum, lag) => sum + lag.heads, 0)
      return { missing: lags.flatMap(({ missing }) => missing), heads }
    }
    case 'show': {
      const shown = Object.entries(request.places).map(([name, places]) =>
        Promise.all(places.map((place) => show(deviceOf(name), place))),
      )
      return (await Promise.all(shown)).flat()
    }
    case 'flock':
      return flock.open(request)
    case 'behind':
      return flock.behind(request.stream, request.seq)
    case 'close':
      await Promise.all([...devices.values()].map(({ client }) => client.close()))
      await Promise.all([...numbered.values()].map((device) => device.close()))
      await flock.close()
      return undefined
  }
}

/** Streams in which the device does not stand where the database does, as the database says now. */
async function lagOf(device: Device) {
  const { client, name, storage } = device
  const { epoch, heads, next } = await client.sync.heads({ limit: 1000 })
  if (next !== null) throw new Error('more streams than fit a page')
  const missing: string[] = []
  for (const { stream, head, tag } of heads) {
    const at = storage.positions.get(stream)
    if (head === 0 || (at?.seq === head && at.tag === tag)) continue
    const { seq: after, tag: afterTag } = at ?? { seq: 0, tag: 0 }
    if (await missesNothing(device, epoch, { stream, after, tag: afterTag })) continue
    missing.push(`${name} stands at ${at?.seq ?? 'nothing'} of ${stream}:${head}`)
  }
  return { missing, heads: heads.reduce((sum, { head }) => sum + head, 0) }
}

/** Who has come in, or come back, after everything that a conversation holds is told of nothing there, and stands where he was. */
async function missesNothing(
  { client }: Device,
  epoch: number,
  from: { readonly stream: string; readonly after: number; readonly tag: number },
): Promise<boolean> {
  const { streams } = await client.sync.pull({ epoch, streams: [from], limit: 1 })
  return streams.every((one) => 'events' in one && one.events.length === 0)
}

/** Everything that the device shows of a conversation. */
async function show(device: Device, conversationId: string): Promise<ShownConversation> {
  const { client, name, userId } = device
  const view = client.store.messages(conversationId)
  const conversationView = client.store.conversation(conversationId)
  // Ticks in a group are by everybody's marks.
  const members = client.store.members(conversationId)
  const ends = [view, conversationView, members].map((one) => one.subscribe(() => undefined))
  const deadline = performance.now() + 20_000
  const isWhole = (): boolean =>
    !view.get().hasOlder && !view.get().items.some(isUnsettled) && members.get().length > 0
  while (!isWhole() && performance.now() < deadline) {
    if (view.get().hasOlder) await view.loadOlder()
    else await pause(20)
  }
  const conversation = conversationView.get()
  const messages = view.get().items.map(toShown)
  for (const end of ends) end()
  return {
    device: name,
    ...{ userId, conversationId, messages },
    unread: conversation?.unread,
    readSeq: conversation?.readSeq,
    lastSeq: conversation?.lastMessage?.seq,
  }
}

function isUnsettled({ pending, state }: MessageItem<NoKinds>): boolean {
  return pending || state === 'queued' || state === 'sending'
}

function toShown(item: MessageItem<NoKinds>): ShownMessage {
  const { id, seq, senderId, clientMessageId, body, state, pending } = item
  const text = body.kind === 'text' ? body.text : null
  return {
    id: String(id),
    seq: seq ?? null,
    senderId: senderId ?? '',
    key: clientMessageId ?? null,
    text,
    state,
    pending,
  }
}

process.on('message', (message: { id: number; request: Request }) => {
  void answer(message.request).then(
    (value) => process.send?.({ id: message.id, value }),
    (thrown: unknown) => {
      const error = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
      process.send?.({ id: message.id, error })
    },
  )
})
process.on('disconnect', () => process.exit(0))
