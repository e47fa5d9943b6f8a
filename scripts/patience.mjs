// For every test: what is waited for may take as long on a busy machine as a test may, not the one second of vitest's own. A
// test that names a time of its own can only ask for more.
import { vi } from 'vitest'

const PATIENCE_MS = 45_000
const own = Symbol.for('tidings.waitFor')

vi[own] ??= vi.waitFor
vi.waitFor = (callback, options = {}) => {
  const given = typeof options === 'number' ? { timeout: options } : options
  return vi[own](callback, { ...given, timeout: Math.max(PATIENCE_MS, given.timeout ?? 0) })
}
