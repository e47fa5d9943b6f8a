import { expect, test } from 'vitest'
import { HeardSoFar } from './clients/heard-so-far.ts'

const stream = 'm:1'

function heard(...frames: readonly (readonly [type: number, seq: number])[]): HeardSoFar {
  const far = new HeardSoFar()
  for (const [type, seq] of frames) far.hear({ type, stream, seq })
  return far
}

test('[NUM13] an acknowledgement that overtakes what is still to be pushed does not count as hearing it', () => {
  expect(heard([20, 1], [21, 4]).lacking(stream, 4)).toBe(2)
  expect(heard([20, 1], [21, 4], [20, 2], [20, 3]).lacking(stream, 4)).toBeUndefined()
})

test('[NUM13] what was heard of a history that was put back is not taken for the one there is', () => {
  expect(heard([20, 9]).lacking(stream, 7)).toBe(7)
  expect(heard([20, 9], [20, 7]).lacking(stream, 7)).toBeUndefined()
  expect(new HeardSoFar().lacking(stream, 0)).toBeUndefined()
})
