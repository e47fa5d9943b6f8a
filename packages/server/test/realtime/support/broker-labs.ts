import postgres from 'postgres'
import { systemMachine } from '../../../src/machine.ts'
import type { Broker } from '../../../src/realtime/broker.ts'
import { createExchange, createMemoryBroker } from './memory-broker.ts'
import { openBroker, type OpenBrokerOptions } from '../../../src/realtime/open-broker.ts'
import { createTestPlace } from '../../support/databases.ts'
import { openTestRedis } from '../../support/redis.ts'
import { openTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'

/** Brokers that are connected with one another, one a node. */
export interface BrokerLab extends AsyncDisposable {
  /** Another node's broker. */
  open(options?: Partial<OpenBrokerOptions>): Promise<Broker>
  /** The wire of all brokers; undefined where there is none that could break. */
  readonly wire?: TcpProxy | undefined
  /** Puts raw text on the link, as an intruder would; undefined where nobody can. */
  inject?(text: string): Promise<void>
}

const EPOCH = 35
const quiet = { info: () => undefined, warn: () => undefined }

/** What tests open brokers with, unless they say otherwise. */
const defaults: OpenBrokerOptions = {
  epoch: EPOCH,
  secrets: ['a secret that the nodes have in common'],
  machine: systemMachine,
  log: quiet,
}

/** Under which name the nodes of a lab publish. */
export const LAB_NAME = `tidings_${EPOCH.toString(36)}`

export function openMemoryLab(): Promise<BrokerLab> {
  const exchange = createExchange()
  return Promise.resolve({
    open: () => Promise.resolve(createMemoryBroker(exchange)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  })
}

export async function openPostgresLab(): Promise<BrokerLab> {
  const place = await createTestPlace('postgres', { empty: true })
  const url = new URL(place.url)
  const wire = await openTcpProxy(Number(url.port || 5432))
  url.port = String(wire.port)
  const direct = postgres(place.url, { max: 1, onnotice: () => {} })
  const opened = openerOf(() => ({ kind: 'postgres', url: url.href }))
  return {
    ...opened,
    wire,
    inject: async (text) => void (await direct`select pg_notify(${LAB_NAME}, ${text})`),
    async [Symbol.asyncDispose]() {
      await opened.close()
      await direct.end()
      await wire[Symbol.asyncDispose]()
      await place[Symbol.asyncDispose]()
    },
  }
}

export async function openRedisLab(): Promise<BrokerLab> {
  const redis = await openTestRedis()
  const wire = await openTcpProxy(redis.port)
  const url = Object.assign(new URL(redis.url), { port: String(wire.port) }).href
  const { Redis } = await import('ioredis')
  const direct = new Redis(redis.url)
  const opened = openerOf(() => ({ kind: 'redis', url }))
  return {
    ...opened,
    wire,
    inject: async (text) => void (await direct.publish(LAB_NAME, text)),
    async [Symbol.asyncDispose]() {
      await opened.close()
      direct.disconnect()
      await wire[Symbol.asyncDispose]()
      await redis[Symbol.asyncDispose]()
    },
  }
}

function openerOf(place: () => Parameters<typeof openBroker>[0]) {
  const brokers: Broker[] = []
  return {
    open(options: Partial<OpenBrokerOptions> = {}): Promise<Broker> {
      const broker = openBroker(place(), { ...defaults, ...options })
      if (broker === undefined) throw new Error('a lab has a broker')
      brokers.push(broker)
      return Promise.resolve(broker)
    },
    close: async () => void (await Promise.all(brokers.map((broker) => broker.close()))),
  }
}
