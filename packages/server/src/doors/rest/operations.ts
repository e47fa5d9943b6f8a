import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { TidingsError } from '@tidings/protocol/wire'
import { Hono } from 'hono'
import type { Deps } from '../../services/deps.ts'
import { findUnreadiness } from '../../services/readiness.ts'
import { bearerOf } from '../bearer.ts'
import { clientAddress, isLoopbackAddress } from '../client-address.ts'
import type { Metrics } from '../metrics.ts'
import type { RestEnv, RestRequest } from './context.ts'

/** What the operators' routes show. */
export interface Operations {
  readonly deps: Deps
  readonly metrics: Metrics
  /** True from the moment that the server has been told to stop. */
  readonly stopping: () => boolean
}

const READY_MS = 2_000

/** `/healthz`: the process answers. `/readyz`: it should be sent requests. `/metrics`: for Prometheus. */
export function operationsRoutes(operations: Operations): Hono<RestEnv> {
  return new Hono<RestEnv>()
    .get('/healthz', (c) => c.json({ status: 'ok' }))
    .get('/readyz', async (c) => {
      const problem = await problemOf(operations)
      return problem === undefined
        ? c.json({ status: 'ready' })
        : c.json({ status: 'not ready', problem }, 503)
    })
    .get('/metrics', async (c) => {
      requireReader(operations.deps, c)
      operations.deps.figures.ready = (await problemOf(operations)) === undefined
      const { text, contentType } = await operations.metrics.read()
      return c.body(text, 200, { 'content-type': contentType })
    })
}

/** The truth, asked each time: a cached yes is how a dead node keeps getting requests. */
async function problemOf({ deps, stopping }: Operations): Promise<string | undefined> {
  if (stopping()) return 'stopping'
  const timeout = AbortSignal.timeout(READY_MS)
  const late = new Promise<string>((resolve) => {
    timeout.addEventListener('abort', () => resolve('the database does not answer in time'))
  })
  return Promise.race([findUnreadiness(deps), late])
}

/** With a METRICS_TOKEN whoever knows it, without one only programs of this machine. */
function requireReader({ config }: Deps, c: RestRequest): void {
  const { incoming } = c.env
  if (config.metricsToken !== undefined) {
    if (!isSame(bearerOf(incoming) ?? '', config.metricsToken))
      throw new TidingsError('UNAUTHENTICATED')
  } else if (isForwarded(incoming, config) || !isLocal(incoming, config)) {
    throw new TidingsError('NOT_FOUND')
  }
}

function isLocal(incoming: IncomingMessage, { trustProxy }: Deps['config']): boolean {
  return isLoopbackAddress(clientAddress(incoming, trustProxy))
}

/** A proxy on this machine that nobody told us of: the caller may be anybody, whatever address the connection has. */
function isForwarded({ headers }: IncomingMessage, { trustProxy }: Deps['config']): boolean {
  const { forwarded, 'x-forwarded-for': forwardedFor } = headers
  return trustProxy === 0 && (forwarded !== undefined || forwardedFor !== undefined)
}

function isSame(given: string, expected: string): boolean {
  const a = Buffer.from(given)
  const b = Buffer.from(expected)
  return a.length === b.length && timingSafeEqual(a, b)
}
