import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createClientIn } from '../../../src/client.ts'
import { SYSTEM } from '../../../src/environment.ts'
import {
  memoryStorage,
  type Credentials,
  type NoKinds,
  type TidingsClient,
  type TokenStore,
} from '../../../src/index.ts'
import { chanceOf, type Chance } from '../../e2e/support/random.ts'
import { KEEPERS } from '../../storage/keeper.ts'
import { openNotes, type Untimed } from './notes.ts'
import type { DeviceOrders } from './orders.ts'
import { Traffic } from './traffic.ts'
import { watchStorage, type WatchedStorage } from './watched-storage.ts'

/** One client, everything that is told to it, and what it was asked to do. */
export interface Device {
  readonly name: string
  readonly userId: string
  readonly client: TidingsClient
  readonly chance: Chance
  readonly storage: WatchedStorage
  readonly note: (note: Untimed) => void
  /** Waits for a call that must not fail, but for these codes. */
  watch(what: string, call: Promise<unknown>, allowed?: readonly string[]): void
  /** Counts a call as waiting until it is settled. */
  until<T>(what: string, call: Promise<T>): Promise<T>
  /** Calls that are not answered yet. */
  waiting(): number
  /** What there is to know of them, and of its connection. */
  stuck(): Promise<readonly string[]>
  isConnected(): boolean
}

const PASSWORD = 'correct horse'

/** Quick to notice what happens to the wire. */
const IMPATIENT = {
  pingIntervalMs: 1_000,
  pingTimeoutMs: 1_000,
  connectTimeoutMs: 2_000,
}

/** So long a storage is waited for that is asked what it holds, milliseconds. */
const STORAGE_MS = 2_000

/** Opens a device on what an earlier process may have left. Not connected yet. */
export async function openDevice(orders: DeviceOrders, onChange: () => void): Promise<Device> {
  const { name, login, url, folder, seed } = orders
  const note = openNotes(join(folder, `${name}.notes`))
  const path = join(folder, `${name}.${orders.storage}`)
  const storage = watchStorage(KEEPERS[orders.storage]?.(path) ?? memoryStorage(), note)
  await storage.begin()
  const chance = chanceOf(seed)
  // The waits between tries grow as usual but are taken from the short end, so that a run of many faults is soon over.
  const environment = { ...SYSTEM, random: () => chance.next() / 20 }
  const tokens = tokensIn(join(folder, `${name}.tokens`))
  const traffic = new Traffic()
  const client = createClientIn<NoKinds>(
    { url, storage, tokens, catchUp: 'from-start', ...IMPATIENT, ...traffic.options },
    environment,
  )
  noteEvents(client, note, onChange)
  if (tokens.load() !== undefined) await client.store.load()
  else if (login !== undefined) await client.account.login({ login, password: PASSWORD })
  else await client.account.register({ username: name, password: PASSWORD, signIn: true })
  const userId = client.userId
  if (userId === undefined) throw new Error(`${name} is signed in as nobody`)
  const calls = new Map<Promise<unknown>, Asked>()
  const until = <T>(what: string, call: Promise<T>): Promise<T> => {
    calls.set(call, { what, at: Date.now() })
    return call.finally(() => calls.delete(call))
  }
  return {
    ...{ name, userId, client, chance, storage, note, until },
    isConnected: () => client.connection.state.state === 'connected',
    waiting: () => calls.size,
    async stuck() {
      const kept = calls.size === 0 ? [] : [await outboxOf(storage)]
      const lines = [...toLines(calls.values()), ...traffic.tell(), ...kept]
      return lines.map((line) => `${name}: ${line}`)
    },
    watch(what, call, allowed = []) {
      until(what, call).catch((thrown: unknown) => {
        const code = codeOf(thrown)
        if (!allowed.includes(code)) note({ kind: 'broken', what: `${what}: ${code}` })
      })
    },
  }
}

interface Asked {
  readonly what: string
  readonly at: number
}

function toLines(calls: Iterable<Asked>): readonly string[] {
  return [...calls].map(({ what, at }) => `${what} has not been answered for ${Date.now() - at} ms`)
}

/** What is kept to be sent. A storage that does not answer may be what everything waits for. */
async function outboxOf(storage: WatchedStorage): Promise<string> {
  const rows = Promise.resolve(storage.read({ from: 'outbox/', to: 'outbox0' }))
  const kept = await Promise.race([rows, pause(STORAGE_MS, undefined, { ref: false })])
  const texts = kept?.map(({ key, value }) => `${key} ${JSON.stringify(value)}`)
  return `outbox: ${texts?.join(', ') ?? 'the storage does not answer'}`
}

/** Of a TidingsError; anything else as text. */
export function codeOf(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
  return typeof code === 'string' ? code : String(thrown)
}

function noteEvents(
  client: TidingsClient,
  note: (note: Untimed) => void,
  onChange: () => void,
): void {
  client.on('event', (event) => {
    const { stream, seq, tag } = event as { stream: string; seq: number; tag: number }
    note({ kind: 'told', stream, seq, tag })
  })
  client.on('reset', ({ stream, reason }) => note({ kind: 'reset', stream, reason }))
  client.on('connection', ({ state }) => {
    note({ kind: state === 'connected' ? 'live' : 'down' })
    onChange()
  })
  client.on('error', (fault) => note({ kind: 'error', code: codeOf(fault) }))
}

function tokensIn(file: string): TokenStore & { load(): Credentials | undefined } {
  return {
    load: () =>
      existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Credentials) : undefined,
    save(credentials) {
      // Whole or not at all, since the process may be killed at any moment.
      writeFileSync(`${file}.new`, JSON.stringify(credentials ?? null))
      renameSync(`${file}.new`, file)
    },
  }
}
