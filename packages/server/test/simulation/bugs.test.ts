import { afterAll, expect, test } from 'vitest'
import type { Invariant } from '../checker/history.ts'
import { BUGS, type Bug } from './bugs.ts'
import { huntAgain, SEEDS_PER_BUG } from './hunt.ts'

/** What gives each mistake away: the invariants of which at least one must break. */
const TRACES: Readonly<Record<Bug, readonly Invariant[]>> = {
  'cursor-by-bigserial': ['I2', 'I3'],
  'cursor-by-timestamp': ['I3', 'I9'],
  'publish-before-commit': ['I5', 'I4', 'I12'],
  'ack-before-commit': ['I1'],
  'counter-outside-transaction': ['I3'],
  'membership-before-lock': ['I6'],
  'membership-in-one-statement': ['I6'],
  'subscribe-after-fetch': ['I9', 'I12'],
  'pumped-after-connections': ['I9', 'I12'],
  'first-look-newest-only': ['I9', 'I12'],
  'time-not-clamped': ['I9'],
  'missing-cursor-read-as-time': ['I9'],
  'time-instead-of-cursor': ['I9'],
  'cursor-on-write': ['I9'],
  'future-waits': ['I9'],
  'epoch-ignored': ['I9'],
  'floor-ignored': ['I3', 'I9'],
  'rollback-leaves-hole': ['I3'],
  'dedupe-in-memory': ['I2'],
  'dedupe-without-sender': ['I1'],
  'outbox-not-fifo': ['I7'],
  'outbox-cleared-on-send': ['I11'],
  'receipt-without-max': ['I8'],
  'receipt-beyond-head': ['I8'],
  'leaving-told-to-nobody': ['I9', 'I12'],
  'span-end-ignored': ['I6'],
  'edit-beside-the-message': ['I13'],
  'edit-shown-to-newcomers': ['I6'],
  'deletion-forgets-edits': ['I13'],
  'anti-entropy-off': ['I9', 'I12'],
  'check-forgets-clock': ['I12'],
  'mark-before-pulls': ['I9'],
  'position-before-events': ['I2', 'I3'],
  'heads-without-margin': ['I9'],
  'behind-not-told': ['I9', 'I12'],
}

const bugs = Object.entries(BUGS).flatMap(([name, what]) => {
  const bug = Object.keys(TRACES).find((known): known is Bug => known === name)
  return bug === undefined ? [] : [[bug, what] as const]
})

const seeds: string[] = []
afterAll(() => console.log(`planted mistakes, caught at seed: ${seeds.join(', ')}`))

test.each(bugs)('[SYN28] %s is caught: %s', { timeout: 300_000 }, (bug) => {
  const caught = huntAgain(bug)
  const broken = [...new Set(caught?.violations.map(({ invariant }) => invariant))]
  seeds.push(`${bug} ${caught?.seed ?? `none of ${SEEDS_PER_BUG}`}`)
  expect(caught).toBeDefined()
  expect(TRACES[bug].some((invariant) => broken.includes(invariant))).toBe(true)
})

test('[SYN28] every planted mistake is hunted', () => {
  expect(bugs).toHaveLength(Object.keys(BUGS).length)
})
