import type { Effect, Input } from '@tidings/protocol/sync'
import type { Row } from './model-stream.ts'
import type { World } from './world.ts'

/** What a device tells its engine: everything as it came, but for a planted mistake. */
export function toEngine({ bug }: World, input: Input<Row>): Input<Row> {
  if (bug !== 'epoch-ignored') return input
  if (input.kind === 'ready') return { ...input, epoch: 1 }
  if (input.kind === 'heads') return { ...input, answer: { ...input.answer, epoch: 1 } }
  if (input.kind === 'pulled') return { ...input, answer: { ...input.answer, epoch: 1 } }
  return input
}

/** What a device makes of the engine's effects: all of them, but for planted mistakes and a layer that is off. */
export function fromEngine(
  { bug, layers }: World,
  input: Input<Row>,
  effects: readonly Effect<Row>[],
): readonly Effect<Row>[] {
  if (bug === 'mark-before-pulls' && input.kind === 'heads' && input.answer.next === null) {
    const { epoch, watermark } = input.answer
    const mark = { epoch, watermark, comparedAt: watermark }
    return [{ kind: 'saveMark', mark }, ...effects]
  }
  // Without the layer a hole is left open: its timer never starts.
  return layers.gapPull ? effects : effects.filter(({ kind }) => kind !== 'setTimer')
}
