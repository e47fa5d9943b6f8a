import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { pathOfFileUrl } from '../src/db/files.ts'
import { createLogger } from '../src/logger.ts'
import { systemMachine, type Machine } from '../src/machine.ts'
import type { Broker } from '../src/realtime/broker.ts'
import { createServerIn } from '../src/server.ts'
import type { ServerOptions, Surroundings } from '../src/server-options.ts'
import { createTestPlace, describeEngines, type Engine } from './support/databases.ts'
import { quickPasswords } from './support/quick-passwords.ts'
import { openTestRedis, redisMissing } from './support/redis.ts'
import { openTcpProxy } from './support/tcp-proxy.ts'
import { startTestServer } from './support/test-server.ts'

/** This machine, and how many of its timers run. */
function countingMachine(): { readonly machine: Machine; readonly running: () => number } {
  const timers = new Set<object>()
  const counted = (begin: (done: () => void) => () => void): (() => void) => {
    const timer = {}
    timers.add(timer)
    const end = begin(() => timers.delete(timer))
    return () => {
      timers.delete(timer)
      end()
    }
  }
  const machine: Machine = {
    ...systemMachine,
    after: (ms, run) =>
      counted((done) =>
        systemMachine.after(ms, () => {
          done()
          run()
        }),
      ),
    every: (ms, run) => counted(() => systemMachine.every(ms, run)),
  }
  return { machine, running: () => timers.size }
}

/** A place for a database, and how to see who still has it open. */
async function openPlace(engine: Engine) {
  const place = await createTestPlace(engine)
  if (engine === 'sqlite') {
    const path = pathOfFileUrl(place.url)
    return {
      url: place.url,
      held: () => openFiles().filter((file) => file.startsWith(path)),
      place,
    }
  }
  const target = new URL(place.url)
  const proxy = await openTcpProxy(Number(target.port || 5432))
  const url = Object.assign(new URL(place.url), { hostname: '127.0.0.1', port: proxy.port }).href
  const held = () => Array.from({ length: proxy.connections() }, () => 'a connection')
  return {
    url,
    held,
    place: {
      async [Symbol.asyncDispose]() {
        await proxy[Symbol.asyncDispose]()
        await place[Symbol.asyncDispose]()
      },
    },
  }
}

/** The files that this process has open, where the system tells. */
function openFiles(): string[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)]
    } catch {
      // The one that listed them.
      return []
    }
  })
}

async function usedPort(): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = createHttpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    // An address of a TCP server is no text.
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}

/** An app's own broker, which cannot be listened to. */
class RefusingBroker implements Broker {
  closed = 0

  publish(): void {
    // Nobody listens.
  }

  listen(): Promise<void> {
    return Promise.reject(new Error('this broker refuses'))
  }

  close(): Promise<void> {
    this.closed += 1
    return Promise.reject(new Error('nor can it be closed'))
  }
}

describeEngines('a start that fails', (engine) => {
  /** Expects a start with these options to fail so, with nothing left, and another one to work. */
  async function expectFailure(
    reason: string,
    options: ServerOptions,
    surroundings: Partial<Surroundings> = {},
  ): Promise<void> {
    const { url: databaseUrl, held, place } = await openPlace(engine)
    await using _place = place
    const { machine, running } = countingMachine()
    const log = createLogger({ level: 'silent' })
    const secrets = ['a secret of tests that is long enough 0123456789']
    const settings = { host: '127.0.0.1', port: 0, secrets, databaseUrl, log, ...options }
    const around = { machine, passwords: quickPasswords(), ...surroundings }
    await expect(createServerIn(settings, around).listen()).rejects.toThrow(reason)
    expect(running()).toBe(0)
    await expect.poll(held, { timeout: 20_000 }).toEqual([])
    await using again = await startTestServer({ engine, databaseUrl })
    expect(held().length).toBeGreaterThan(process.platform === 'linux' ? 0 : -1)
    expect((await fetch(`${again.url}/readyz`)).status).toBe(200)
  }

  test('[NET19] a port that is taken leaves nothing open', async () => {
    await using used = await usedPort()
    await expectFailure('EADDRINUSE', { port: used.port })
  })

  test('[NET19] a broker that refuses, and cannot be closed either, leaves nothing open and is the reason', async () => {
    const broker = new RefusingBroker()
    await expectFailure('this broker refuses', { broker })
    expect(broker.closed).toBe(1)
  })

  test('[NET19] a door that cannot be opened, after all else, leaves nothing open', async () => {
    const openTrpc = () => {
      throw new Error('this door is stuck')
    }
    await expectFailure('this door is stuck', {}, { openTrpc })
  })

  // Redis is for several nodes, and so for Postgres.
  test.skipIf(redisMissing !== undefined || engine === 'sqlite')(
    '[NET19] a start that fails lets go of a Redis',
    async () => {
      await using redis = await openTestRedis()
      await using proxy = await openTcpProxy(redis.port)
      let links = 0
      const openTrpc = () => {
        links = proxy.connections()
        throw new Error('this door is stuck')
      }
      const redisUrl = `redis://127.0.0.1:${proxy.port}`
      await expectFailure('this door is stuck', { broker: 'redis', redisUrl }, { openTrpc })
      expect(links).toBeGreaterThan(0)
      await expect.poll(() => proxy.connections(), { timeout: 20_000 }).toBe(0)
    },
  )
})
