import { memoryStorage, type ClientStorage } from '@tidings/sdk'
import { indexedDbStorage } from '@tidings/sdk/indexeddb'
import { forgetAll, keep, readKept } from './kept.ts'

const PREFIX = 'tidings-playground/'
const PROBE = `${PREFIX}probe`
/** A page that is loaded again waits for the one before it to let go; one that waits longer is a copy of a tab. */
const HANDOVER_MS = 5_000
const SWEEP_MS = 10_000

/** Random letters and digits. */
export function randomName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12))
  return Array.from(bytes, (byte) => byte.toString(36).padStart(2, '0')).join('')
}

/** What one tab keeps: the same after a reload, apart from every other tab's, and gone with it. */
export interface Tab {
  storageOf(seat: string): ClientStorage
}

/** Takes up what this tab has kept. One that the browser has copied from another begins anew. */
export async function openTab(): Promise<Tab> {
  let name = keptName()
  if (!(await takeLock(PREFIX + name))) {
    forgetAll()
    name = keptName()
    await takeLock(PREFIX + name)
  }
  const isKeeping = await canKeep()
  if (isKeeping) setTimeout(() => void sweep().catch(() => undefined), SWEEP_MS)
  return {
    storageOf: (seat) =>
      isKeeping ? indexedDbStorage(`${PREFIX}${name}/${seat}`) : memoryStorage(),
  }
}

function keptName(): string {
  const kept = readKept('tab')
  const name = typeof kept === 'string' ? kept : randomName()
  keep('tab', name)
  return name
}

/** A page that comes from another machine without TLS has none, and does without. */
function locksHere(): LockManager | undefined {
  const platform: { readonly locks?: LockManager } = navigator
  return platform.locks
}

/** Held until the page goes. */
function takeLock(name: string): Promise<boolean> {
  const locks = locksHere()
  if (locks === undefined) return Promise.resolve(true)
  return new Promise((resolve) => {
    const held = (): Promise<never> => {
      resolve(true)
      return new Promise(() => undefined)
    }
    locks
      .request(name, { signal: AbortSignal.timeout(HANDOVER_MS) }, held)
      .catch(() => resolve(false))
  })
}

/** Some browsers keep nothing in private windows: then a reload forgets what was not sent. */
function canKeep(): Promise<boolean> {
  return new Promise((resolve) => {
    try {
      const request = indexedDB.open(PROBE)
      request.addEventListener('error', () => resolve(false))
      request.addEventListener('success', () => {
        request.result.close()
        indexedDB.deleteDatabase(PROBE)
        resolve(true)
      })
    } catch {
      resolve(false)
    }
  })
}

/** Deletes what tabs have left behind that are closed by now. */
async function sweep(): Promise<void> {
  const locks = locksHere()
  if (locks === undefined) return
  for (const { name = '' } of await indexedDB.databases()) {
    const owner = name.startsWith(PREFIX) ? name.slice(0, name.lastIndexOf('/')) : ''
    if (owner === '' || `${owner}/` === PREFIX) continue
    await locks.request(owner, { ifAvailable: true }, (lock) => {
      if (lock !== null) indexedDB.deleteDatabase(name)
    })
  }
}
