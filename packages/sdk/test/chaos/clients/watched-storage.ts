import type { Position } from '@tidings/protocol/sync'
import type { ClientStorage, StorageChange } from '../../../src/index.ts'
import type { Spoken, Untimed } from './notes.ts'

/** A storage, and what of it is known to be durable. */
export interface WatchedStorage extends ClientStorage {
  readonly positions: ReadonlyMap<string, Position>
  /** Reads what an earlier process has left, and notes it. */
  begin(): Promise<void>
}

interface OutboxValue {
  readonly op?: string
  readonly conversationId?: string
  readonly clientMessageId?: string
  /** Refused for good: it stays until the user does something about it. */
  readonly failure?: { readonly code: string } | undefined
}

/** Notes what a client keeps, as soon as it is durable. */
export function watchStorage(
  storage: ClientStorage,
  note: (note: Untimed) => void,
): WatchedStorage {
  const positions = new Map<string, Position>()
  const outbox = new Map<string, Spoken>()

  const noteWritten = (changes: readonly StorageChange[]): void => {
    const kept: [string, number | null][] = []
    for (const change of changes) {
      if (change.kind === 'deleteRange') continue
      const value = change.kind === 'delete' ? undefined : change.value
      if (change.key.startsWith('position/')) {
        const stream = change.key.slice('position/'.length)
        const position = value as Position | undefined
        if (position === undefined) positions.delete(stream)
        else positions.set(stream, position)
        kept.push([stream, position?.seq ?? null])
      } else if (change.key.startsWith('outbox/')) noteOutbox(change.key, value as OutboxValue)
    }
    if (kept.length > 0) note({ kind: 'kept', positions: kept })
  }

  const noteOutbox = (key: string, value: OutboxValue | undefined): void => {
    const known = outbox.get(key)
    if (value === undefined) {
      outbox.delete(key)
      if (known !== undefined) note({ kind: 'gone', ...known })
      return
    }
    const spoken = spokenOf(value)
    if (spoken === undefined) return
    if (known === undefined) {
      outbox.set(key, spoken)
      note({ kind: 'out', ...spoken })
    }
    noteFailure(spoken, value)
  }

  /** Nobody may be waiting for it: it was said by an earlier process. */
  const noteFailure = (spoken: Spoken, { failure }: OutboxValue): void => {
    if (failure !== undefined) note({ kind: 'fail', ...spoken, code: failure.code })
  }

  return {
    positions,
    read: (range) => storage.read(range),
    clear: () => storage.clear(),
    close: () => storage.close?.(),
    write(changes) {
      const writing = storage.write(changes)
      if (writing !== undefined) return writing.then(() => noteWritten(changes))
      noteWritten(changes)
      return undefined
    },
    async begin() {
      for (const { key, value } of await storage.read({ from: 'position/', to: 'position0' }))
        positions.set(key.slice('position/'.length), value as Position)
      const rows = await storage.read({ from: 'outbox/', to: 'outbox0' })
      for (const { key, value } of rows) {
        const spoken = spokenOf(value as OutboxValue)
        if (spoken !== undefined) outbox.set(key, spoken)
      }
      note({
        kind: 'boot',
        positions: [...positions].map(([stream, { seq }]) => [stream, seq] as const),
        outbox: [...outbox.values()],
      })
      for (const { key, value } of rows) {
        const spoken = outbox.get(key)
        if (spoken !== undefined) noteFailure(spoken, value as OutboxValue)
      }
    },
  }
}

function spokenOf({ op, conversationId, clientMessageId }: OutboxValue): Spoken | undefined {
  if (op !== 'send' || conversationId === undefined || clientMessageId === undefined)
    return undefined
  return { stream: `m:${conversationId}`, key: clientMessageId }
}
