import { DELETED } from '../checker/history.ts'
import type { Connection } from './connection.ts'
import type { Operation } from './operations.ts'
import { SdkDevice } from './sdk-device.ts'
import { CONVERSATIONS, USERS, type Device, type System } from './system.ts'

/** Does to a system what an operation says. */
export function perform(system: System, operation: Operation): void {
  const { db } = system
  const { a, b, c } = operation
  const device = choose(system.devices, a)
  const conversation = Math.floor(b * CONVERSATIONS)
  switch (operation.kind) {
    case 'send':
      device.compose(conversation)
      return
    case 'burst':
      for (let sent = 0; sent < 3 + c * 6; sent += 1) device.compose(conversation)
      return
    case 'change':
      changeMessage(system, { device, conversation, much: c })
      return
    case 'mark-read':
      if (device instanceof SdkDevice) device.markRead(conversation, Math.floor(c * 4))
      return
    case 'bad-mark':
      markBadly(device, conversation, c)
      return
    case 'join':
    case 'leave':
      changeMember(device, { kind: operation.kind, conversation, member: Math.floor(c * USERS) })
      return
    case 'retain':
      retain(system, conversation, c)
      return
    case 'false-hint':
      choose(system.nodes, a).hint(choose(db.streams, b).key, falseHead(c))
      return
    case 'device-clock':
      if (!(device instanceof SdkDevice)) device.skew = Math.floor((b - 0.5) * 100_000)
      return
    case 'database-clock':
      db.skew += Math.floor((b - 0.5) * 2 * system.world.layers.clockStepMs)
      return
    case 'copy':
      db.copy()
      return
    case 'restore':
      system.restore()
      return
    case 'broker-mode':
      system.broker.mode = choose(['good', 'lossy', 'dead'] as const, a)
      return
    case 'cut-connection':
    case 'crash-device':
    case 'toggle-online':
    case 'stall':
    case 'crash-node':
    case 'network-loss':
    case 'slow-database':
      fail(system, operation)
      return
  }
}

function fail(system: System, { kind, a, b, c }: Operation): void {
  const { world } = system
  const { time, records } = world
  const device = choose(system.devices, a)
  if (kind === 'cut-connection') device.connection?.break()
  else if (kind === 'stall') stall(device.connection, b)
  else if (kind === 'crash-device') {
    device.crash()
    time.after(20 + b * b * 8000, () => device.start())
  } else if (kind === 'toggle-online') {
    device.setOnline(false)
    time.after(100 + b * b * 15_000, () => device.setOnline(true))
  } else if (kind === 'crash-node') {
    const node = choose(system.nodes, a)
    node.crash()
    time.after(20 + c * 2500, () => node.start())
  } else if (kind === 'network-loss') {
    world.loss = 0.3
    time.after(b * 3000, () => {
      world.loss = 0.002
    })
  } else if (kind === 'slow-database') {
    const ms = 200 + b * 800
    world.databaseDelay = 40
    records.push({ kind: 'excuse', t: time.now, untilT: time.now + ms + 2000 })
    time.after(ms, () => {
      world.databaseDelay = world.layers.databaseDelay
    })
  }
}

function stall(connection: Connection | undefined, much: number): void {
  connection?.stall(100 + much * 3000)
}

function changeMember(
  device: Device,
  change: {
    readonly kind: 'join' | 'leave'
    readonly conversation: number
    readonly member: number
  },
): void {
  if (device instanceof SdkDevice) device.ask(change)
}

/** A message of the device's user, the newer the likelier, is edited or, one time in three, deleted. */
function changeMessage(
  { db }: System,
  {
    device,
    conversation,
    much,
  }: { readonly device: Device; readonly conversation: number; readonly much: number },
): void {
  if (!(device instanceof SdkDevice)) return
  const { log } = db.stream(`m:${conversation}`)
  const own = log.filter(({ sent }) => sent?.user === String(device.user))
  const chosen = own.at(-1 - Math.floor(much * much * own.length))
  if (chosen === undefined) return
  const draw = Math.floor(much * 3e6)
  const version = draw % 3 === 0 ? DELETED : 1 + draw
  device.ask({ kind: 'change', conversation, of: chosen.seq, version })
}

/** Old, mixed up, or of messages that do not exist. */
function markBadly(device: Device, conversation: number, much: number): void {
  if (!(device instanceof SdkDevice)) return
  const delivered = Math.floor(much * 40)
  device.ask({ kind: 'mark', conversation, delivered, read: Math.floor(much * 57) % 40 })
}

/** Retention deletes the older part of a conversation. */
function retain({ db }: System, conversation: number, much: number): void {
  for (const name of [`m:${conversation}`, `r:${conversation}`]) {
    const stream = db.stream(name)
    stream.retain(Math.floor(stream.head * much * 0.8))
  }
}

function falseHead(draw: number): number {
  const heads = [0, -1, Number.NaN, 1, 2, 2 ** 31, 2 ** 53, 2 ** 60, 17]
  return choose(heads, draw)
}

function choose<T>(list: readonly T[], draw: number): T {
  const chosen = list[Math.floor(draw * list.length)]
  if (chosen === undefined) throw new Error('nothing to choose from')
  return chosen
}
