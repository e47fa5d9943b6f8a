import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
  /** Calls that are not answered yet. */
  waiting(): number
  isConnected(): boolean
}

const PASSWORD = 'correct horse'

/** Quick to notice what happens to the wire. */
const IMPATIENT = {
  pingIntervalMs: 1_000,
  pingTimeoutMs: 1_000,
  connectTimeoutMs: 2_000,
}

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
  const client = createClientIn<NoKinds>(
    { url, storage, tokens, catchUp: 'from-start', ...IMPATIENT },
    environment,
  )
  noteEvents(client, note, onChange)
  if (tokens.load() !== undefined) await client.store.load()
  else if (login !== undefined) await client.account.login({ login, password: PASSWORD })
  else await client.account.register({ username: name, password: PASSWORD, signIn: true })
  const userId = client.userId
  if (userId === undefined) throw new Error(`${name} is signed in as nobody`)
  const calls = new Set<Promise<unknown>>()
  return {
    ...{ name, userId, client, chance, storage, note },
    isConnected: () => client.connection.state.state === 'connected',
    waiting: () => calls.size,
    watch(what, call, allowed = []) {
      const watched = call
        .catch((thrown: unknown) => {
          const code = codeOf(thrown)
          if (!allowed.includes(code)) note({ kind: 'broken', what: `${what}: ${code}` })
        })
        .finally(() => calls.delete(watched))
      calls.add(watched)
    },
  }
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
