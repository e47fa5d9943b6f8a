import { expect, test } from 'vitest'
import { FAULTS, kindsOf, planOf, STEPS, type Setting } from './plan.ts'
import { POINT_NAMES } from './system/append-points.ts'

const SETTINGS: readonly Setting[] = [
  { engine: 'sqlite', nodes: 1, broker: 'none' },
  { engine: 'postgres', nodes: 3, broker: 'none' },
  { engine: 'postgres', nodes: 2, broker: 'redis' },
]

test('[CHA2] a plan is drawn from its seed alone: the same again, another one from another seed', () => {
  for (const setting of SETTINGS) {
    const plan = planOf({ ...setting, seed: 17 })
    expect(planOf({ ...setting, seed: 17 })).toEqual(plan)
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
    expect(planOf({ ...setting, seed: 18 })).not.toEqual(plan)
  }
})

test('[CHA2] without a length every kind that the setting can have comes once, and a node dies at three steps of an append', () => {
  for (const setting of SETTINGS) {
    const { processes, wires } = planOf({ ...setting, seed: 3 })
    const faults = [...processes, ...wires]
    expect(new Set(faults.map(({ name }) => name))).toEqual(new Set(kindsOf(setting)))
    const points = faults.flatMap(({ point }) => (point === undefined ? [] : [point]))
    expect(new Set(points).size).toBe(STEPS)
    for (const point of points) expect(POINT_NAMES).toContain(point)
    expect(faults).toHaveLength(kindsOf(setting).length + STEPS - 1)
  }
  const all = new Set(SETTINGS.flatMap((setting) => kindsOf(setting)))
  expect(all).toEqual(new Set(Object.keys(FAULTS)))
})

test('[CHA2] with a length faults go on in both lanes until then', () => {
  const { processes, wires } = planOf({
    engine: 'sqlite',
    nodes: 1,
    broker: 'none',
    seed: 5,
    lastsMs: 60_000,
  })
  for (const lane of [processes, wires]) {
    const longMs = lane.reduce((sum, { afterMs, forMs }) => sum + afterMs + forMs, 0)
    expect(longMs).toBeGreaterThanOrEqual(60_000)
    expect(lane.length).toBeGreaterThan(10)
  }
})
