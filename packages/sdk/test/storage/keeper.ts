import { once } from 'node:events'
import { isTidingsError } from '@tidings/protocol/wire'
import type { ClientStorage, StoredRow } from '../../src/storage.ts'
import { fileStorage } from '../../src/storage/file.ts'
import { sqliteStorage } from '../../src/storage/sqlite.ts'

// Both sides of a crash: what a process writes until it dies, and what must then be found.

export const KEEPERS: Readonly<Record<string, (path: string) => ClientStorage>> = {
  file: fileStorage,
  sqlite: sqliteStorage,
}

/** How many rows there are after the first so many batches. */
const KEPT = 20

const keyOf = (batch: number): string => `row/${String(batch).padStart(8, '0')}`
/** Long enough that the log is written anew every few hundred batches. */
const valueOf = (batch: number): unknown => ({
  batch,
  text: `${batch};`.repeat(400 + ((batch * 37) % 800)),
})

/** Writes batch after batch and says the number of each; ends when one fails, with its code. */
export async function writeForever(
  storage: ClientStorage,
  say: (line: string) => Promise<void>,
): Promise<void> {
  try {
    const [last] = await storage.read({ from: 'last', to: 'last\u0000' })
    for (let batch = Number(last?.value ?? 0) + 1; ; batch += 1) {
      await storage.write([
        { kind: 'put', key: 'last', value: batch },
        { kind: 'put', key: keyOf(batch), value: valueOf(batch) },
        { kind: 'deleteRange', from: keyOf(0), to: keyOf(Math.max(0, batch - KEPT + 1)) },
      ])
      await say(String(batch))
    }
  } catch (thrown) {
    await say(isTidingsError(thrown) ? thrown.code : String(thrown))
  }
}

/** What is kept after a batch. */
export function rowsAfter(batch: number): readonly StoredRow[] {
  const first = Math.max(1, batch - KEPT + 1)
  const rows = Array.from({ length: batch - first + 1 }, (_, place) => ({
    key: keyOf(first + place),
    value: valueOf(first + place),
  }))
  return batch === 0 ? [] : [{ key: 'last', value: batch }, ...rows]
}

/** As a program: `keeper <kind> <path>`. */
export async function main([kind = '', path = '']: readonly string[]): Promise<void> {
  const storage = KEEPERS[kind]?.(path)
  if (storage === undefined) throw new Error(`no storage of the kind ${kind}`)
  await writeForever(storage, async (line) => {
    if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain')
  })
}
