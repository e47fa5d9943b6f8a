import { expect, test } from 'vitest'
import { SYSTEM } from '../src/environment.ts'

const VERSION_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

test('[SDK22] ids are UUIDs that begin with their time, and none comes twice', () => {
  const before = Date.now()
  const ids = Array.from({ length: 10_000 }, () => SYSTEM.newId())
  const after = Date.now()
  for (const id of ids) {
    expect(id).toMatch(VERSION_7)
    const time = Number.parseInt(id.replace('-', '').slice(0, 12), 16)
    expect(time).toBeGreaterThanOrEqual(before)
    expect(time).toBeLessThanOrEqual(after)
  }
  expect(new Set(ids).size).toBe(ids.length)
})
