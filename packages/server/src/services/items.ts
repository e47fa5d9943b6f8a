import { isTidingsError, type ItemError } from '@tidings/protocol/wire'
import type { Figures } from '../figures.ts'

/** Tells the two forms of a call that takes one item or several. */
export function isMany<Item>(input: Item | readonly Item[]): input is readonly Item[] {
  return Array.isArray(input)
}

/** A refusal as one item's outcome, counted as such; our own faults fail the call. */
export function toItemError(figures: Figures, error: unknown): ItemError {
  if (!isTidingsError(error)) throw error
  const { code, message, retryable } = error
  figures.refusals[code] += 1
  if (code === 'STORAGE_FULL') figures.storageFull = true
  return { error: { code, message, retryable } }
}
