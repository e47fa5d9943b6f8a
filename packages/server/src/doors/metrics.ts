import type * as PromClient from 'prom-client'
import type { Counter, Gauge, Histogram, Registry } from 'prom-client'

/** What is measured where. */
export interface Measured {
  /** WebSockets that are open now, by door. */
  connections(): Readonly<Record<string, number>>
  /** Positions from the future that were refused so far. */
  futurePositions(): number
}

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

interface Instruments {
  readonly registry: Registry
  readonly requests: Histogram<'method' | 'route' | 'status'>
  readonly calls: Counter<'method' | 'outcome'>
}

const BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Opens the figures of one server. The library is loaded after the start: a first message must not wait for it. */
export function openMetrics(measured: Measured): Metrics {
  let instruments: Instruments | undefined
  /** What was measured before the library was there. */
  const early: ((own: Instruments) => void)[] = []
  const loading = import('prom-client').then((library) => {
    const own = createInstruments(library, measured)
    instruments = own
    for (const record of early.splice(0)) record(own)
    return { library, instruments: own }
  })
  const measure = (record: (own: Instruments) => void) => {
    if (instruments === undefined) early.push(record)
    else record(instruments)
  }
  return {
    request({ method, route, status, seconds }) {
      const labels = { method, route, status: String(status) }
      measure((own) => own.requests.observe(labels, seconds))
    },
    numberedCall(method, outcome) {
      measure((own) => own.calls.inc({ method: String(method), outcome }))
    },
    async read() {
      const { library, instruments: own } = await loading
      startProcessMetrics(library)
      const merged = library.Registry.merge([own.registry, library.register])
      return { text: await merged.metrics(), contentType: merged.contentType }
    },
  }
}

type Library = typeof PromClient

function createInstruments(library: Library, measured: Measured): Instruments {
  const registry = new library.Registry()
  const registers = [registry]
  const connections: Gauge<'door'> = new library.Gauge({
    name: 'tidings_connections',
    help: 'WebSockets open now',
    labelNames: ['door'],
    registers,
    collect() {
      for (const [door, count] of Object.entries(measured.connections()))
        connections.set({ door }, count)
    },
  })
  const future: Gauge = new library.Gauge({
    name: 'tidings_future_positions',
    help: 'Positions beyond the head that clients have shown: more than none may mean that the database lost data',
    registers,
    collect() {
      future.set(measured.futurePositions())
    },
  })
  const requests = new library.Histogram({
    name: 'tidings_http_request_seconds',
    help: 'Duration of HTTP requests',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: BUCKETS,
    registers,
  })
  const calls = new library.Counter({
    name: 'tidings_numbered_calls_total',
    help: 'Calls of the numbered protocol',
    labelNames: ['method', 'outcome'] as const,
    registers,
  })
  return { registry, requests, calls }
}

let processMetrics = false

/** Of the process, so once in it however many servers it runs. */
function startProcessMetrics(library: Library): void {
  if (processMetrics) return
  processMetrics = true
  library.collectDefaultMetrics()
}
