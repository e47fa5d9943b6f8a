import { once } from 'node:events'
import { expect, test, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { DeviceConnection } from '../../../src/doors/device/connection.ts'
import { NumberedDialect } from '../../../src/doors/numbered/dialect.ts'
import { StreamNames } from '../../../src/doors/device/stream-names.ts'
import { DoorSocket } from '../../../src/doors/socket.ts'
import { DEFAULT_TIMINGS } from '../../../src/doors/timings.ts'
import { DoorWebSocket } from '../../../src/doors/web-socket.ts'
import { Wheel } from '../../../src/doors/wheel.ts'
import { openRealtime } from '../../../src/realtime/open-realtime.ts'
import { openSource } from '../../../src/realtime/open-source.ts'
import { openAccountWorld } from '../../services/account-world.ts'

test('[NUM10] a client that is gone before its method 20 is answered leaves nothing behind', async () => {
  await using world = await openAccountWorld('sqlite')
  const actor = await world.actor(await world.register('ann'))
  const { database, journal, clock, machine, log } = world.deps
  const rows = openSource(database, journal)
  const realtime = await openRealtime({ source: rows, journal, clock, log })
  const deps = { ...world.deps, realtime }
  const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1', WebSocket: DoorWebSocket })
  await once(sockets, 'listening')
  const address = sockets.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  // Method 20 waits until the device's last connection has saved what it has proven.
  let finishSaving = (): void => undefined
  const saved = new Promise<void>((resolve) => {
    finishSaving = resolve
  })
  const saving = new Map([[actor.sessionKey, saved]])
  const wheel = new Wheel<DeviceConnection>({ tickMs: 1000, turnMs: 30_000, machine })
  const client = new WebSocket(`ws://127.0.0.1:${port}`)
  const opened = once(client, 'open')
  const [webSocket]: DoorWebSocket[] = await once(sockets, 'connection')
  await opened
  if (webSocket === undefined) throw new Error('not connected')
  const looked = vi.spyOn(deps.auth, 'takeCall')
  const names = new StreamNames()
  let leave = (_saved: Promise<void>): void => undefined
  const gone = new Promise<void>((resolve) => {
    leave = (last) => resolve(last)
  })
  const shared = {
    ...{ deps, names, wheel, saving },
    timings: DEFAULT_TIMINGS,
    metrics: { request: () => undefined, numberedCall: () => undefined, read: never },
    left: (last: Promise<void>) => leave(last),
  }
  const source = { door: 'numbered' as const, ip: '127.0.0.1', origin: null }
  const socket = new DoorSocket(webSocket, realtime)
  const connection = new DeviceConnection(shared, {
    ...{ actor, source, socket },
    speak: (host) => new NumberedDialect(host),
  })
  connection.start()
  connection.message(JSON.stringify({ method: 20 }))
  await vi.waitFor(() => expect(looked).toHaveBeenCalled(), 15_000)
  client.terminate()
  await gone
  const read = vi.spyOn(deps.journal, 'heads')
  finishSaving()
  await vi.waitFor(() => expect(read).toHaveBeenCalled(), 15_000)
  await new Promise((resolve) => setImmediate(resolve))
  expect(realtime.connectionCount()).toBe(0)
  expect(names.size).toBe(0)
  wheel.stop()
  sockets.close()
  await realtime.close()
})

function never(): never {
  throw new Error('nobody reads figures here')
}
