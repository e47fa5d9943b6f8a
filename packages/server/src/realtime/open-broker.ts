import { systemClock, type Clock } from '../clock.ts'
import { createBrokerFigures, type Figures } from '../figures.ts'
import type { Logger } from '../logger.ts'
import type { Machine } from '../machine.ts'
import { BrokerTexts } from './broker-text.ts'
import type { Broker } from './broker.ts'
import { LinkedBroker, type OpenLink } from './linked-broker.ts'
import { openRedisLink, REDIS_TEXT_BYTES, type RedisLinkOptions } from './redis-link.ts'

/** Which broker, and where it is. */
export type BrokerPlace =
  | { readonly kind: 'none' }
  | { readonly kind: 'postgres'; readonly url: string }
  | ({ readonly kind: 'redis' } & Pick<RedisLinkOptions, 'url' | 'ca'>)

export interface OpenBrokerOptions {
  /** Of the database: deployments that share a Redis do not hear one another. */
  readonly epoch: number
  /** Of the server, new first. */
  readonly secrets: readonly string[]
  readonly machine: Pick<Machine, 'after' | 'every' | 'random' | 'newId'>
  readonly log: Pick<Logger, 'warn' | 'info'>
  /** @default the system's */
  readonly clock?: Clock | undefined
  /** Where it counts. */
  readonly figures?: Figures | undefined
}

/** Postgres takes less than 8000. */
const NOTICE_BYTES = 7990
/** Without an answer for so long a link is given up, ms. */
const ANSWER_MS = 5000

/** The broker of a node; undefined for a node that is alone. It connects when it is listened to. */
export function openBroker(place: BrokerPlace, options: OpenBrokerOptions): Broker | undefined {
  if (place.kind === 'none') return undefined
  const { epoch, secrets, machine, log, clock = systemClock } = options
  const figures = createBrokerFigures()
  if (options.figures !== undefined) options.figures.broker = figures
  const name = `tidings_${epoch.toString(36)}`
  const [maxBytes, openLink] = linkTo(place, name)
  const texts = new BrokerTexts({ name, nodeId: machine.newId(), secrets, maxBytes, clock })
  return new LinkedBroker({ openLink, texts, machine, log, figures })
}

function linkTo(place: Exclude<BrokerPlace, { kind: 'none' }>, name: string): [number, OpenLink] {
  const { url } = place
  switch (place.kind) {
    case 'postgres':
      return [
        NOTICE_BYTES,
        async (events) => {
          // Loaded by those who use Postgres, as the driver is elsewhere.
          const { openNotices } = await import('../db/postgres-notices.ts')
          const { text: onText, broken: onBroken } = events
          return openNotices({ url, name, answerMs: ANSWER_MS, onText, onBroken })
        },
      ]
    case 'redis':
      return [REDIS_TEXT_BYTES, (events) => openRedisLink({ url, name, ca: place.ca }, events)]
  }
}
