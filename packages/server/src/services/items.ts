import { isTidingsError, type ItemError } from '@tidings/protocol/wire'

/** Tells the two forms of a call that takes one item or several. */
export function isMany<Item>(input: Item | readonly Item[]): input is readonly Item[] {
  return Array.isArray(input)
}

/** A refusal as one item's outcome; our own faults fail the call. */
export function toItemError(error: unknown): ItemError {
  if (!isTidingsError(error)) throw error
  const { code, message, retryable } = error
  return { error: { code, message, retryable } }
}
