import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from '@tidings/server'

/** A server of this process, on a database that goes with it. */
export interface DemoServer extends AsyncDisposable {
  readonly url: string
}

/** Starts one on a port of the system's choice. */
export async function startDemoServer(): Promise<DemoServer> {
  const folder = await mkdtemp(join(tmpdir(), 'tidings-demo-'))
  const server = createServer({
    port: 0,
    databaseUrl: `file:${join(folder, 'demo.db')}`,
    logLevel: 'error',
  })
  const stop = async (): Promise<void> => {
    await server.close()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const { url } = await server.listen()
    return { url, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** True when a server answers at this address. */
export async function isServed(url: string): Promise<boolean> {
  try {
    const response = await fetch(new URL('/healthz', url), { signal: AbortSignal.timeout(2000) })
    const health: unknown = await response.json()
    return (
      typeof health === 'object' && health !== null && 'status' in health && health.status === 'ok'
    )
  } catch {
    return false
  }
}
