import type { Credentials, TokenStore } from '@tidings/sdk'

const PREFIX = 'tidings.'

/** What this tab keeps over a reload, and loses when it is closed. */
export function readKept(name: string): unknown {
  try {
    return JSON.parse(sessionStorage.getItem(PREFIX + name) ?? 'null')
  } catch {
    return undefined
  }
}

/** Keeps a value of JSON; `undefined` forgets it. A browser that keeps nothing makes a reload a new beginning. */
export function keep(name: string, value: unknown): void {
  try {
    if (value === undefined) sessionStorage.removeItem(PREFIX + name)
    else sessionStorage.setItem(PREFIX + name, JSON.stringify(value))
  } catch {
    // Nothing else depends on it.
  }
}

/** Forgets everything that this tab keeps. */
export function forgetAll(): void {
  for (const name of Object.keys(sessionStorage))
    if (name.startsWith(PREFIX)) sessionStorage.removeItem(name)
}

/** A sign-in that outlives a reload of the page. */
export function keptTokens(name: string): TokenStore {
  return {
    load: () => readCredentials(name),
    save: (credentials) => keep(name, credentials),
  }
}

/** Who was signed in here before the page was loaded. */
export function readCredentials(name: string): Credentials | undefined {
  const kept = readKept(name)
  return isCredentials(kept) ? kept : undefined
}

/** Only this page writes there: enough to know that something was written. */
function isCredentials(kept: unknown): kept is Credentials {
  return typeof kept === 'object' && kept !== null && 'refreshToken' in kept && 'user' in kept
}
