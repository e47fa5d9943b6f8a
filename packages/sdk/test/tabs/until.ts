import { vi } from 'vitest'

/** Waits until something can be asserted; generously, for a machine with much else to do. */
export async function until<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 15_000, interval: 20 })
}
