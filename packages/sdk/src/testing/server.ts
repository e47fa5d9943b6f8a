import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import type { Caller, ServerOptions, TestServerOptions } from '@tidings/server/testing'
import type { Chance } from './chance.ts'
import type { VirtualClock } from './clock.ts'
import type { TestKitServerOptions } from './options.ts'

/** The server of a test kit, over its restarts. */
export interface KitServer {
  accept(stream: Duplex): void
  /** The procedures without a wire, as nobody. */
  createCaller(): Promise<Caller>
  /** Stops it, and starts it again on the same database. */
  restart(): Promise<void>
  /** Stops it for good and removes its database. */
  close(): Promise<void>
}

export interface KitServerOptions extends Pick<ServerOptions, 'kinds'> {
  readonly url: string
  readonly clock: VirtualClock
  readonly chance: Chance
  readonly server: TestKitServerOptions
}

/** Long enough, and worth nothing. */
const SECRET = 'the secret of a test kit, known to all 0123456789'

/** So generous that no test meets a limit that it is not about: virtual time does not fill the buckets by itself. */
const GENEROUS = {
  callsPerSecond: 100_000,
  callsBurst: 1_000_000,
  messagesPerSecond: 100_000,
  messagesBurst: 1_000_000,
  ipCallsPerSecond: 100_000,
  ipCallsBurst: 1_000_000,
  loginFailuresPerIp: 100_000,
  registrationsPerIp: 100_000,
}

/** Starts a server in this process, on a database of its own. */
export async function openKitServer(options: KitServerOptions): Promise<KitServer> {
  const { createTestServer } = await loadServer()
  const folder = mkdtempSync(join(tmpdir(), 'tidings-test-kit-'))
  const settings = settingsOf(options, `file:${join(folder, 'tidings.db')}`)
  const start = async () => {
    const started = createTestServer(settings)
    await started.open()
    return started
  }
  let server = await start()
  let isDown = false
  const stop = async (): Promise<void> => {
    isDown = true
    await server.close()
  }
  return {
    accept: (stream) => void (isDown ? stream.destroy() : server.accept(stream)),
    createCaller: () => server.createCaller(),
    async restart() {
      await stop()
      server = await start()
      isDown = false
    },
    async close() {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function settingsOf(options: KitServerOptions, databaseUrl: string): TestServerOptions {
  const { url, clock, chance, kinds, server } = options
  return {
    ...server,
    publicUrl: url,
    databaseUrl,
    kinds,
    limits: { ...GENEROUS, ...server.limits },
    secrets: [SECRET],
    logLevel: 'silent',
    clock: { now: () => clock.now() },
    machine: {
      elapsed: () => clock.elapsed(),
      after: (ms, run) => clock.after(ms, run),
      every: (ms, run) => clock.every(ms, run),
      wait: (ms) => new Promise((resolve) => void clock.after(ms, resolve)),
      random: () => chance.random(),
      newId: () => chance.newId(),
      newMessageId: () => chance.newIdAt(clock.now()),
    },
  }
}

/** An optional peer: who does not test need not install it. */
async function loadServer() {
  try {
    return await import('@tidings/server/testing')
  } catch (cause) {
    const message =
      'openTestKit runs a real server in your process: npm install --save-dev @tidings/server'
    throw new Error(message, { cause })
  }
}
