import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { controlsOf } from './hunt.ts'
import type { Ground } from './planted/mistake.ts'
import { PLANTED, type BugName } from './planted/planted.ts'
import { WRONG_CLOCK, type Alteration } from './system/alterations.ts'
import { failPoints } from './system/append-points.ts'
import { altered, packages } from './system/programs.ts'

/** The sources that are altered, as they are then. */
function plant(alterations: readonly Alteration[]): ReadonlyMap<string, string> {
  const sources = new Map<string, string>()
  for (const alteration of alterations) {
    const { file } = alteration
    const before = sources.get(file) ?? readFileSync(join(packages, file), 'utf8')
    sources.set(file, altered(before, alteration))
  }
  return sources
}

test('[CHA3] thirty mistakes can be planted and more: each finds its place in the sources, once', () => {
  expect(Object.keys(PLANTED).length).toBeGreaterThanOrEqual(30)
  for (const { alterations } of Object.values(PLANTED))
    expect(plant(alterations).size).toBeGreaterThan(0)
  expect(plant(failPoints()).size).toBeGreaterThan(0)
  expect(plant(WRONG_CLOCK).size).toBe(1)
})

test('[CHA3] whatever a mistake is hunted under, a control without one is run under it too', () => {
  const bugs = Object.keys(PLANTED) as BugName[]
  const controls = controlsOf(bugs)
  expect(controls.length).toBeLessThan(6)
  for (const bug of bugs) {
    const { engine, only, isRevolving = false, calmMs }: Ground = PLANTED[bug].ground
    const own = controls.filter(
      ({ ground }) =>
        ground.engine === engine && ground.isRevolving === isRevolving && ground.calmMs === calmMs,
    )
    expect(own).toHaveLength(1)
    expect(own[0]?.ground.only).toEqual(expect.arrayContaining([...only]))
  }
})
