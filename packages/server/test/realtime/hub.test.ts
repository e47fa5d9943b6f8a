import { expect, test } from 'vitest'
import { Hub } from '../../src/realtime/hub.ts'
import type { LiveConnection } from '../../src/realtime/realtime.ts'
import { RecordingConnection } from './support/recording-connection.ts'

function visited(hub: Hub, userKey: number): LiveConnection[] {
  const found: LiveConnection[] = []
  hub.visit(userKey, (connection) => found.push(connection))
  return found
}

test('[LIV1] the hub finds all connections of a user, and forgets each one that leaves, once', () => {
  const hub = new Hub()
  const phone = new RecordingConnection(7, 1).register(hub)
  const laptop = new RecordingConnection(7, 2).register(hub)
  const tablet = new RecordingConnection(7, 3).register(hub)
  expect(visited(hub, 7)).toEqual([phone, laptop, tablet])
  laptop.leave()
  laptop.leave()
  expect(hub.connectionCount).toBe(2)
  expect(visited(hub, 7)).toEqual([phone, tablet])
  phone.leave()
  expect(visited(hub, 7)).toEqual([tablet])
  tablet.leave()
  expect(visited(hub, 7)).toEqual([])
  expect([hub.connectionCount, hub.userCount]).toEqual([0, 0])
})

test('[SIG4] the hub tells when the last connection of a user has left, and only then', () => {
  const hub = new Hub()
  const gone: number[] = []
  hub.onUserGone((userKey) => gone.push(userKey))
  const phone = new RecordingConnection(7, 1).register(hub)
  const laptop = new RecordingConnection(7, 2).register(hub)
  phone.leave()
  expect(gone).toEqual([])
  laptop.leave()
  expect(gone).toEqual([7])
})

test('[LIV8] closing sessions closes each of their connections, also when they leave while it happens', () => {
  const hub = new Hub()
  const connections = [11, 11, 12, 13].map((session) =>
    new RecordingConnection(7, session).register(hub),
  )
  hub.closeSessions([11, 13, 99])
  expect(connections.map(({ closes }) => closes)).toEqual([[4403], [4403], [], [4403]])
  expect(hub.connectionCount).toBe(1)
})
