// For every test: what is waited for may take as long on a busy machine as a test may, not the one second of vitest's own.
import { vi } from 'vitest'

const PATIENCE_MS = 15_000
const own = Symbol.for('tidings.waitFor')

vi[own] ??= vi.waitFor
vi.waitFor = (callback, options = {}) =>
  vi[own](callback, typeof options === 'number' ? options : { timeout: PATIENCE_MS, ...options })
