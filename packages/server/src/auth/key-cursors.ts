import { createCipheriv, createDecipheriv } from 'node:crypto'
import { deriveKey } from './primitives.ts'

/** Cursors of lists whose places are internal keys, which count what there is: they tell nothing, and are checked. */
export interface KeyCursors {
  /** @param list a name of its own: its cursors are good for no other */
  seal(list: string, key: number): string
  /** Undefined for whatever was not sealed for this list. */
  open(list: string, cursor: string): number | undefined
}

/** @param secrets new first; cursors of the others are still good */
export function openKeyCursors(secrets: readonly string[]): KeyCursors {
  return {
    seal: (list, key) => sealed(secrets[0] ?? '', list, key),
    open(list, cursor) {
      for (const secret of secrets) {
        const key = opened(secret, list, cursor)
        // Written again: base64url is read with whatever else stands in it.
        if (key !== undefined && sealed(secret, list, key) === cursor) return key
      }
      return undefined
    },
  }
}

const ALGORITHM = 'aes-256-ecb'
/** One block of AES is a permutation that only who has the key can tell from chance: half a block of zeros proves it. */
const BLOCK_BYTES = 16

function sealed(secret: string, list: string, key: number): string {
  const block = Buffer.alloc(BLOCK_BYTES)
  block.writeBigUInt64BE(BigInt(key), BLOCK_BYTES / 2)
  const cipher = createCipheriv(ALGORITHM, keyOf(secret, list), null).setAutoPadding(false)
  return cipher.update(block).toString('base64url')
}

function opened(secret: string, list: string, cursor: string): number | undefined {
  const bytes = Buffer.from(cursor, 'base64url')
  if (bytes.length !== BLOCK_BYTES) return undefined
  const decipher = createDecipheriv(ALGORITHM, keyOf(secret, list), null).setAutoPadding(false)
  const block = decipher.update(bytes)
  if (block.readBigUInt64BE(0) !== 0n) return undefined
  const key = Number(block.readBigUInt64BE(BLOCK_BYTES / 2))
  return Number.isSafeInteger(key) ? key : undefined
}

function keyOf(secret: string, list: string): Uint8Array {
  return deriveKey(secret, `cursor/${list}`)
}
