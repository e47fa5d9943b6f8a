import { expect, test } from 'vitest'
import { changeEpoch, copyDatabase } from '../../../server/test/e2e/support/copies.ts'
import { readDurable, type Durable } from '../../../server/test/e2e/support/durable.ts'
import { startServerProcess } from '../../../server/test/e2e/support/server-process.ts'
import { createTestPlace, describeEngines } from '../../../server/test/support/databases.ts'
import { openTcpProxy } from '../../../server/test/support/tcp-proxy.ts'
import { createChanges } from './support/changes.ts'
import { everybodyLevel } from './support/crowd.ts'
import { openDevice, type Device } from './support/device.ts'
import { expectProven } from './support/proof.ts'
import { chanceOf } from './support/random.ts'
import type { Event } from '../../src/index.ts'

describeEngines('a database that was put back to an older copy', (engine) => {
  test(
    '[SYN9] [SYN11] [SYN12] [SYN16] [SYN24] and has grown past its clients resets the streams that differ and no others; a new epoch resets all of them; every view equals the database again',
    { timeout: 90_000 },
    async () => {
      await using place = await createTestPlace(engine)
      const environment = { DATABASE_URL: place.url }
      let server = await startServerProcess(environment)
      try {
        // Cat talks to the server itself, the others through a wire that can be cut.
        await using proxy = await openTcpProxy(server.port)
        const changes = createChanges()
        const chance = chanceOf(1)
        const wired = { url: `http://127.0.0.1:${proxy.port}`, changes, chance }
        await using ann = await openDevice({ ...wired, name: 'ann' })
        await using bob = await openDevice({ ...wired, name: 'bob' })
        await using dan = await openDevice({
          ...wired,
          name: 'dan',
          client: { catchUp: 'from-head' },
        })
        await using cat = await openDevice({ ...wired, url: server.url, name: 'cat' })
        const replaying = [ann, bob, cat]
        const devices = [...replaying, dan]
        const userIds = [bob, cat, dan].map(({ userId }) => userId)
        const { id: talk } = await ann.client.group.create({ name: 'Talk', userIds })
        const { id: quiet } = await ann.client.group.create({ name: 'Quiet', userIds })
        const { id: still } = await ann.client.conversation.open({ userId: bob.userId })
        await Promise.all(devices.map(({ client }) => client.connect()))
        const restart = async (): Promise<void> => {
          server = await startServerProcess({ ...environment, PORT: String(server.port) })
        }

        await sendAll([ann, talk], [bob, talk], [ann, quiet], [ann, still], [bob, still])
        await everybodyLevel({ devices, changes })
        if (engine === 'postgres') await server.end('SIGKILL')
        const copy = await copyDatabase(place.url)
        if (engine === 'postgres') await restart()

        await sendAll([ann, talk], [bob, talk], [cat, talk], [ann, quiet], [cat, quiet])
        await everybodyLevel({ devices, changes })
        proxy.refuse(true)
        proxy.cut()
        await server.end('SIGKILL')
        const before = await readDurable(place.url)
        await copy.putBack()
        const restoredAt = Date.now()
        await restart()

        // She comes back at once and finds herself ahead; then the stream grows past where the others are.
        await changes.until('cat reset', () => cat.resets.length === 2)
        expect(told(cat)).toEqual([`m:${quiet} future`, `m:${talk} future`].toSorted())
        await sendAll(...Array.from({ length: 8 }, () => [cat, talk] as const))
        proxy.refuse(false)
        const others = [ann, bob, dan]
        const isReset = ({ resets }: Device) => resets.some(({ stream }) => stream === `m:${quiet}`)
        await changes.until('the others reset', () => others.every(isReset))
        await everybodyLevel({ devices, changes })
        for (const device of others)
          expect(told(device).filter((said) => !said.endsWith('new'))).toEqual(
            [`m:${quiet} future`, `m:${talk} tag`].toSorted(),
          )
        await sendAll([ann, talk], [bob, quiet], [ann, still], [cat, quiet])
        await everybodyLevel({ devices, changes })

        await server.end('SIGKILL')
        const restored = await readDurable(place.url)
        const lost = lostBetween(before, restored)
        expect(lost.get(`m:${talk}`)).toHaveLength(3)
        expect(lost.get(`m:${quiet}`)).toHaveLength(2)
        expect(restored.epoch).toBe(before.epoch)
        expectProven({ devices: replaying, durable: restored, lost, restoredAt })
        expectTail(dan, restored)

        const marks = new Map(devices.map((device) => [device, device.resets.length]))
        await changeEpoch(place.url)
        await restart()
        const streams = (device: Device) =>
          [...device.positions().keys()].filter((stream) => stream !== '').toSorted()
        const known = new Map(devices.map((device) => [device, streams(device)]))
        const resetsSince = (device: Device) => device.resets.slice(marks.get(device))
        await changes.until('everything reset', () =>
          devices.every((device) => resetsSince(device).length >= (known.get(device)?.length ?? 0)),
        )
        await everybodyLevel({ devices, changes })
        for (const device of devices) {
          const resets = resetsSince(device)
          expect(resets.map(({ stream }) => stream).toSorted()).toEqual(known.get(device))
          expect(new Set(resets.map(({ reason }) => reason))).toEqual(new Set(['epoch']))
        }
        await sendAll([ann, still], [cat, talk], [bob, quiet])
        await everybodyLevel({ devices, changes })
        await server.end('SIGKILL')
        const renewed = await readDurable(place.url)
        expect(renewed.epoch).not.toBe(before.epoch)
        expectProven({ devices: replaying, durable: renewed, lost, restoredAt })
        expectTail(dan, renewed)
      } finally {
        await server.end('SIGKILL')
      }
    },
  )
})

/** One message each, one after the other. */
async function sendAll(...sends: readonly (readonly [Device, string])[]): Promise<void> {
  for (const [device, conversationId] of sends) await device.send(conversationId)
}

/** The resets of a device, readable and in no order. */
function told({ resets }: Device): readonly string[] {
  return resets.map(({ stream, reason }) => `${stream} ${reason}`).toSorted()
}

/** By stream, the events that the one history has and the other has not. */
function lostBetween(before: Durable, after: Durable): ReadonlyMap<string, readonly Event[]> {
  return new Map(
    [...before.streams.values()].map(({ name, events }) => {
      const kept = new Set(after.streams.get(name)?.events.map(({ seq, tag }) => `${seq} ${tag}`))
      return [name, events.filter(({ seq, tag }) => !kept.has(`${seq} ${tag}`))]
    }),
  )
}

/** A device that fetches what was before by itself: it stands at the head, and was told the end without a hole. */
function expectTail(device: Device, { streams }: Durable): void {
  for (const [stream, { seq, tag }] of device.positions()) {
    const found = streams.get(stream)
    expect({ stream, seq, tag }).toEqual({ stream, seq: found?.head, tag: found?.headTag })
    const view = device.view.get(stream) ?? []
    expect(view).toEqual(found?.events.slice(found.events.length - view.length))
  }
}
