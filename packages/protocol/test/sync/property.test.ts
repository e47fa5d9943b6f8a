import fc from 'fast-check'
import { expect, test } from 'vitest'
import { command, World } from './small-world.ts'

test.each(['from-head', 'from-start'] as const)(
  '[SYN1] [SYN2] whatever happens on the way, crashes included, a %s client ends with exactly what it may see',
  (mode) => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 150, size: 'max' }), (commands) => {
        const world = new World({ mode, maxCatchUp: 6, maxHeldPerStream: 3, maxStreamsPerPull: 2 })
        world.connect()
        for (const it of commands) world.run(it)
        world.heal()
        expect(world.problems()).toEqual([])
      }),
      { numRuns: 600 },
    )
  },
)
