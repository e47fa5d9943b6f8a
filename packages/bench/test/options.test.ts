import { expect, test } from 'vitest'
import { OptionError, readOptions } from '../src/options.ts'

const workloadsOf = (...args: string[]) => readOptions(args).workloads.map(({ name }) => name)

test('words choose every workload that holds them, a whole name that one alone', () => {
  expect(workloadsOf('--only', 'idle')).toHaveLength(3)
  expect(workloadsOf('--only', 'group of 100')).toEqual(['group of 100'])
})

test('a profile goes into a folder that need not be named', () => {
  expect(readOptions(['--profile', '--repeat', '1'])).toMatchObject({
    profile: 'profiles',
    repeat: 1,
  })
  expect(readOptions(['--profile', 'here']).profile).toBe('here')
  expect(readOptions([]).profile).toBeUndefined()
})

test.for([
  ['--only', 'nothing like it'],
  ['--subjects', 'relay,nobody'],
  ['--repeat', '1.5'],
  ['--seconds', 'long'],
  ['--faster'],
])('what cannot be is refused: %s', (args) => {
  expect(() => readOptions(args)).toThrow(OptionError)
})

test('what takes minutes is measured when it is named, and not else', () => {
  const isLong = (name: string): boolean => name.startsWith('steady') || name.includes('stored')
  expect(workloadsOf().filter(isLong)).toEqual([])
  expect(workloadsOf('--only', 'steady')).toEqual([
    'steady, 1000 messages a second',
    'steady, 4000 messages a second',
  ])
})
