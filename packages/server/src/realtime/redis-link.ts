import type { Redis, RedisOptions } from 'ioredis'
import type { Link, LinkEvents } from './linked-broker.ts'

/** UTF-8 bytes of one text: small enough not to hold up others who use the same Redis. */
export const REDIS_TEXT_BYTES = 60_000

export interface RedisLinkOptions {
  /** `redis://…`, or `rediss://…` for TLS. */
  readonly url: string
  /** Others may use the same Redis under other names. */
  readonly name: string
  /** Certificates to trust beside those that Node trusts. */
  readonly ca?: string | undefined
}

/** An unanswered connection or command is given up after this, ms. */
const ANSWER_MS = 5000

/**
 * Every convenience of ioredis is off: it would keep commands for a Redis that is away and publish them when they are
 * old, and it would connect and listen again without saying that something was missed.
 */
const OPTIONS = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResubscribe: false,
  enableReadyCheck: false,
  maxRetriesPerRequest: 0,
  retryStrategy: null,
  connectTimeout: ANSWER_MS,
  commandTimeout: ANSWER_MS,
  connectionName: 'tidings',
  disableClientInfo: true,
  // What every Redis, and what stands in for one, understands.
  protocol: 2,
} as const satisfies RedisOptions

/**
 * Opens a link by Redis' publish and subscribe, on two connections: one that listens takes no other commands. ioredis is
 * loaded here and nowhere else, so that who needs no Redis does not pay for it.
 */
export async function openRedisLink(options: RedisLinkOptions, events: LinkEvents): Promise<Link> {
  const { Redis } = await import('ioredis')
  const { url, name, ca } = options
  const open = () => new Redis(url, ca === undefined ? OPTIONS : { ...OPTIONS, tls: { ca } })
  const [sender, listener] = [open(), open()]
  const close = () => {
    for (const client of [sender, listener]) end(client)
  }
  let lastError: Error | undefined
  for (const client of [sender, listener]) {
    client.on('error', (error: unknown) => {
      lastError = told(error)
    })
    client.on('end', () => events.broken(lastError ?? new Error('Redis has closed the connection')))
  }
  listener.on('message', (_name, text) => events.text(text))
  try {
    await Promise.all([sender.connect(), listener.connect()])
    await listener.subscribe(name)
  } catch (error) {
    close()
    throw lastError ?? told(error)
  }
  return {
    async send(texts) {
      try {
        await Promise.all(texts.map((text) => sender.publish(name, text)))
      } catch (error) {
        throw told(error)
      }
    },
    close,
  }
}

/** At once: one that waits for a goodbye would wait long for a Redis that is gone without one. */
function end(client: Redis): void {
  client.disconnect()
  destroy(client.stream)
}

/** Undefined before the first try, whatever its type says. */
function destroy(stream: Redis['stream'] | undefined): void {
  stream?.destroy()
}

/** What may be logged of an error: ioredis attaches the command, and to a refused AUTH the password with it. */
function told(error: unknown): Error {
  return new Error(error instanceof Error ? error.message : 'Redis has failed')
}
