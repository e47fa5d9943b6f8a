import { readdirSync, rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { readDurable } from '../../../server/test/e2e/support/durable.ts'
import { createClient, memoryTokens } from '../../src/index.ts'
import { createChanges } from './support/changes.ts'
import {
  emptyFolder,
  openCluster,
  stillRunning,
  type Cluster,
  type ClusterNode,
} from './support/cluster-command.ts'
import { everybodyLevel } from './support/crowd.ts'
import { openDevice } from './support/device.ts'
import { expectProven } from './support/proof.ts'
import { chanceOf } from './support/random.ts'

/** Nodes take up to 10 s to stop, on a machine with much else to do. */
const END_MS = 60_000

let temporary = ''
beforeAll(() => {
  temporary = emptyFolder()
})
afterAll(() => {
  rmSync(temporary, { recursive: true, force: true })
})

/** Waits until nothing of it is left. */
async function expectGone(pids: readonly number[]): Promise<void> {
  await vi.waitFor(() => expect(stillRunning(pids)).toEqual([]), { timeout: END_MS, interval: 100 })
  expect(readdirSync(temporary)).toEqual([])
}

async function connectionsOf({ url }: ClusterNode): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const found = [...text.matchAll(/^tidings_connections\{[^}]*\} (\d+)$/gm)]
  return found.reduce((sum, [, count]) => sum + Number(count), 0)
}

function connectionsIn({ nodes }: Cluster): Promise<readonly number[]> {
  return Promise.all(nodes.map(connectionsOf))
}

describe.skipIf(process.platform !== 'linux')('the cluster', { timeout: 480_000 }, () => {
  test('[OPS10] [OPS11] [MSG1] a node that is killed takes nothing along: three devices on three nodes go on, every message is there once and in order, and Ctrl-C leaves nothing behind', async () => {
    await using cluster = await openCluster(temporary)
    const { url, nodes } = cluster
    expect(nodes).toHaveLength(3)
    expect((await fetch(url)).headers.get('content-type')).toMatch('text/html')
    const changes = createChanges()
    const open = (name: string, login?: string) =>
      openDevice({ url, changes, name, login, chance: chanceOf(7) })
    await using ann = await open('ann')
    await using bob = await open('bob')
    await using bobs = await open('bob-2', 'bob')
    const devices = [ann, bob, bobs]
    for (const { client } of devices) await client.connect()
    // An attempt that a busy machine was too slow for ends by itself.
    await vi.waitFor(async () => expect(await connectionsIn(cluster)).toEqual([1, 1, 1]))
    const { id } = await ann.client.conversation.open({ userId: bob.userId })
    await Promise.all(Array.from({ length: 20 }, () => [ann.send(id), bobs.send(id)]).flat())
    await everybodyLevel({ devices, changes })

    const sentBy = ({ attempts }: typeof ann) => attempts.filter(({ sent }) => sent).length
    let isOver = false
    const talking = [ann, bobs].map(async (device) => {
      while (!isOver) await Promise.all([device.send(id), device.send(id), device.send(id)])
    })
    const talked = () => {
      const [anns = 0, others = 0] = [ann, bobs].map(sentBy)
      return changes.until('talk', () => sentBy(ann) > anns + 9 && sentBy(bobs) > others + 9)
    }
    await talked()
    const [, victim] = nodes
    if (victim === undefined) throw new Error('no second node')
    process.kill(victim.pid, 'SIGKILL')
    const isCut = () => devices.some(({ states }) => states.at(-1)?.state !== 'connected')
    await changes.until('a connection cut', isCut)
    await changes.until('everybody back', () =>
      devices.every((device) => device.state() === 'connected'),
    )
    await talked()
    isOver = true
    await Promise.all(talking)
    await cluster.printed(/node 2 serves again/)
    await everybodyLevel({ devices, changes })
    expectProven({ devices, durable: await readDurable(cluster.databaseUrl) })

    for (const { client } of devices) await client.close()
    const pids = cluster.pids()
    // The script, a leash and a node three times, a supervisor and Postgres.
    expect(pids.length).toBeGreaterThanOrEqual(9)
    await cluster.interrupt()
    await expectGone(pids)
  })

  test('[OPS11] a script that is killed takes everything along but the data that it was to keep, and starts again with it', async () => {
    const data = emptyFolder()
    const options = ['--nodes', '1', '--no-redis', '--data', data]
    try {
      await using first = await openCluster(temporary, ...options)
      const tokens = memoryTokens()
      const ann = createClient({ url: first.url, tokens })
      await ann.account.register({ username: 'ann', password: 'correct horse', signIn: true })
      await ann.close()
      const pids = first.pids()
      await first.kill()
      await expectGone(pids)

      await using second = await openCluster(temporary, ...options)
      const again = createClient({ url: second.url, tokens })
      await again.connect()
      expect((await again.account.get()).username).toBe('ann')
      await again.close()
      const others = second.pids()
      await second.interrupt()
      await expectGone(others)
    } finally {
      rmSync(data, { recursive: true, force: true })
    }
  })
})
