import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { expect, inject, test } from 'vitest'
// What the run's setup provides.
import type {} from '../../../server/test/support/postgres-setup.ts'
import { httpClient, register, type Person } from '../../../server/test/contract/person.ts'
import { readDurable } from '../../../server/test/e2e/support/durable.ts'
import { startServerProcess } from '../../../server/test/e2e/support/server-process.ts'
import { openSmallDisk } from '../chaos/system/small-disk.ts'
import { createChanges } from './support/changes.ts'
import { everybodyLevel } from './support/crowd.ts'
import { openDevice } from './support/device.ts'
import { expectProven } from './support/proof.ts'
import { chanceOf, seedOfRun } from './support/random.ts'

/** How often the disk is filled up. */
const TIMES = Number(process.env['TIMES'] ?? 3)

async function readiness(url: string): Promise<unknown> {
  const answer = await fetch(`${url}/readyz`)
  const { problem } = (await answer.json()) as { problem?: unknown }
  return problem ?? answer.status
}

/** What a call by HTTP is answered with: a status and, if it failed, a code. */
async function tryToSend({ url, ann, conversationId }: Scene): Promise<unknown> {
  const body = { kind: 'text', text: 'is there room?' }
  const answer = await fetch(`${url}/trpc/message.send`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${ann.accessToken}` },
    body: JSON.stringify({ json: { conversationId, body } }),
  })
  const { error } = (await answer.json()) as { error?: { json?: { data?: { code?: unknown } } } }
  return [answer.status, error?.json?.data?.code]
}

/** What is free within the database's own files is used first. Answers how many messages that took. */
async function sendUntilFull(scene: Scene): Promise<number> {
  for (let stored = 0; ; stored += 1) {
    const answer = await tryToSend(scene)
    if (isDeepStrictEqual(answer, [507, 'STORAGE_FULL'])) return stored
    expect(answer).toEqual([200, undefined])
  }
}

interface Scene {
  readonly url: string
  readonly ann: Person
  readonly conversationId: string
}

/** Somebody by himself, who asks whether there is room. */
async function openScene(url: string): Promise<Scene> {
  const ann = await register({ url }, 'asker')
  const { id } = await httpClient(url, ann.accessToken).group.create.mutate({
    ...{ name: 'Alone', userIds: [] },
  })
  return { url, ann, conversationId: id }
}

test(
  `[DB24] [NET1] [MSG1] a disk that is really full, ${TIMES} times under load: answered and not acknowledged, reads go on, and with room again everything does without a restart`,
  { timeout: 60_000 + TIMES * 30_000 },
  async ({ skip }) => {
    const folder = join(inject('runFolder'), 'small-disk')
    using disk = openSmallDisk(folder, '32m')
    if (disk === undefined) return skip('a file system may not be mounted here: that takes root')
    const seed = seedOfRun()
    const chance = chanceOf(seed)
    const url = `file:${join(disk.folder, 'tidings.db')}`
    await using server = await startServerProcess({ DATABASE_URL: url })
    const scene = await openScene(server.url)
    const changes = createChanges()
    const open = (name: string) =>
      openDevice({ name, url: server.url, changes, chance, bears: ['STORAGE_FULL'] })
    await using ann = await open('ann')
    await using bob = await open('bob')
    const { id } = await ann.client.conversation.open({ userId: bob.userId })
    await Promise.all([ann, bob].map(({ client }) => client.connect()))
    const devices = [ann, bob]
    let stored = 0
    for (let time = 1; time <= TIMES; time += 1) {
      const before = ann.attempts.length
      const sending = devices.flatMap((device) =>
        Array.from({ length: 300 }, () => device.send(id)),
      )
      // In the middle of what is being written.
      const some = before + chance.between(1, 100)
      const acknowledged = () => ann.attempts.filter(({ sent }) => sent !== undefined).length
      await changes.until('some of them acknowledged', () => acknowledged() >= some)
      disk.fill()
      stored += await sendUntilFull(scene)
      expect(await readiness(server.url)).toBe('the disk of the database is full')
      const stuck = acknowledged()
      const { items: messages } = await ann.client.message.list({ conversationId: id, limit: 1 })
      expect(messages).toHaveLength(1)
      stored += await sendUntilFull(scene)
      expect(stuck, `seed ${seed}`).toBeLessThan(ann.attempts.length)
      disk.empty()
      expect(await readiness(server.url)).toBe(200)
      expect(await tryToSend(scene)).toEqual([200, undefined])
      stored += 1
      await Promise.all(sending)
    }
    await everybodyLevel({ devices, changes })
    await server.end('SIGKILL')
    const durable = await readDurable(url)
    // The asker's own are counted by hand, since no device has sent them.
    const own = `m:${scene.conversationId}`
    expect(durable.streams.get(own)?.events).toHaveLength(stored)
    const others = new Map([...durable.streams].filter(([name]) => name !== own))
    expectProven({ devices, durable: { ...durable, streams: others } })
    disk.empty()
    rmSync(join(disk.folder, 'tidings.db'))
  },
)
