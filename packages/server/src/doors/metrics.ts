import type * as PromClient from 'prom-client'
import { Distribution } from '../figures.ts'
import { expose } from './exposition.ts'
import { serverMetrics, type Measured } from './server-metrics.ts'

/** A finished request. */
export interface FinishedRequest {
  readonly method: string
  /** The template of the route, never the path itself: it may hold ids and tickets. */
  readonly route: string
  readonly status: number
  readonly seconds: number
}

/** This server's own figures, and the process's. */
export interface Metrics {
  request(request: FinishedRequest): void
  /** A call of the numbered protocol; `outcome` is `ok` or an error code. */
  numberedCall(method: number, outcome: string): void
  read(): Promise<{ readonly text: string; readonly contentType: string }>
}

const REQUEST_SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** Opens the figures of one server. */
export function openMetrics(measured: Measured): Metrics {
  const requests = new Map<string, Distribution>()
  const calls = new Map<number, Map<string, number>>()
  const metrics = serverMetrics(measured, { requests, calls })
  return {
    request({ method, route, status, seconds }) {
      // Clients make methods up.
      const key = `${METHODS.has(method) ? method : 'other'} ${route} ${status}`
      let known = requests.get(key)
      if (known === undefined) requests.set(key, (known = new Distribution(REQUEST_SECONDS)))
      known.add(seconds)
    },
    numberedCall(method, outcome) {
      let known = calls.get(method)
      if (known === undefined) calls.set(method, (known = new Map<string, number>()))
      known.set(outcome, (known.get(outcome) ?? 0) + 1)
    },
    async read() {
      const library = await processMetrics()
      const text = `${expose(metrics)}\n${await library.register.metrics()}`
      return { text, contentType: library.register.contentType }
    },
  }
}

let loading: Promise<typeof PromClient> | undefined

/** Of the process, so once in it however many servers it runs. Loaded when somebody reads: a start must not wait for it. */
function processMetrics(): Promise<typeof PromClient> {
  loading ??= import('prom-client').then((library) => {
    library.collectDefaultMetrics()
    return library
  })
  return loading
}
