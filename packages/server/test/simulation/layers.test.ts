import { describe, expect, test } from 'vitest'
import type { Bug } from './bugs.ts'
import { hunt } from './hunt.ts'
import { explain, runSeeds } from './report.ts'
import { TIME_CLASSES, type Layers } from './world.ts'

/**
 * Layers that repair one another hide one another's mistakes. Each works here without those that would make up for it: what
 * it promises by itself holds, and mistakes in it show.
 */
const ALONE: Readonly<Record<string, { layers: Partial<Layers>; bugs: readonly Bug[] }>> = {
  'pushes, without head checks, faults and pulls for holes': {
    layers: { faults: false, headCheck: false, gapPull: false, membership: false },
    bugs: ['subscribe-after-fetch', 'pumped-after-connections'],
  },
  'pushes to people who come and go, without faults': {
    layers: { faults: false, headCheck: false },
    bugs: ['leaving-told-to-nobody', 'first-look-newest-only', 'membership-before-lock'],
  },
  'heads and pulls, without pushes': {
    layers: { push: false, compareEveryMs: 1500 },
    bugs: [
      'cursor-by-bigserial',
      'cursor-by-timestamp',
      'counter-outside-transaction',
      'span-end-ignored',
      'floor-ignored',
    ],
  },
  'head checks of nodes, without hints': {
    layers: { hints: false },
    bugs: ['anti-entropy-off'],
  },
  'device cursors, without times that reach back': {
    layers: { times: ['now', 'future'] },
    bugs: ['cursor-on-write', 'time-instead-of-cursor', 'missing-cursor-read-as-time'],
  },
}

describe.each(Object.entries(ALONE))('%s', (_name, { layers, bugs }) => {
  test('[SYN27] the invariants hold', { timeout: 120_000 }, () => {
    const { failed } = runSeeds(1, 150, layers)
    const [first] = failed
    if (first !== undefined) console.error(explain(first, layers))
    expect(failed).toEqual([])
  })

  test.each(bugs)('[SYN28] %s is caught', { timeout: 300_000 }, (bug) => {
    expect(hunt(bug, layers)).toBeDefined()
  })
})

test.each(TIME_CLASSES)('[SYN26] a numbered device that says "%s" gets everything', (time) => {
  const layers = { times: [time] }
  const { failed } = runSeeds(1, 40, layers)
  const [first] = failed
  if (first !== undefined) console.error(explain(first, layers))
  expect(failed).toEqual([])
})
