import type { Json } from '@tidings/sdk'
import { usage } from './failure.ts'

/**
 * A word of the command line, or what came in, as JSON; `what` is what the user would look for.
 * @throws Failure USAGE
 */
export function parseJson(text: string, what: string): Json {
  const value = read(text)
  if (!isJson(value)) throw usage(`${what} takes JSON.`)
  return value
}

function read(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** All that `JSON.parse` answers is. */
function isJson(value: unknown): value is Json {
  return value !== undefined
}
