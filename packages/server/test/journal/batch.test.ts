import { setImmediate as begin } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { TidingsError, type ErrorCode } from '@tidings/protocol/wire'
import { Batch, type Outcome } from '../../src/journal/batch.ts'

interface Item {
  readonly order: string
  readonly name: string
}

/** A batch whose commits fail as told, by the names of the items that fail them. */
function openBatch(failures: Readonly<Record<string, ErrorCode>>, maxItems = 10) {
  const commits: string[][] = []
  const batch = new Batch<Item, string>({
    maxItems,
    orderOf: ({ order }) => order,
    async commit(take) {
      await begin()
      const names = take().map(({ name }) => name)
      commits.push(names)
      const failing = names.find((name) => failures[name] !== undefined)
      const code = failing === undefined ? undefined : failures[failing]
      if (code !== undefined) throw new TidingsError(code)
      return names.map((name): Outcome<string> => ({ ok: name }))
    },
  })
  const add = async (...names: string[]) => {
    const added = names.map((name) => batch.add({ order: name.slice(0, 1), name }))
    const outcomes = await Promise.allSettled(added)
    return outcomes.map((outcome) =>
      outcome.status === 'fulfilled' ? outcome.value : (outcome.reason as TidingsError).code,
    )
  }
  return { add, commits }
}

test('[JRN4] what is added in one turn shares a commit, in its order', async () => {
  const { add, commits } = openBatch({}, 3)
  expect(await add('a1', 'b1', 'a2', 'c1')).toEqual(['a1', 'b1', 'a2', 'c1'])
  expect(commits).toEqual([['a1', 'b1', 'a2'], ['c1']])
})

test('[MSG5] behind an item that may be repeated nothing of its order is committed', async () => {
  const { add } = openBatch({ a1: 'INTERNAL' })
  expect(await add('a1', 'b1', 'a2', 'b2')).toEqual(['INTERNAL', 'b1', 'UNAVAILABLE', 'b2'])
})

test('[MSG5] nor in the next commit, when the first failed as a whole', async () => {
  const { add, commits } = openBatch({ a1: 'UNKNOWN_RETRY' }, 2)
  expect(await add('a1', 'b1', 'a2', 'c1', 'b2')).toEqual([
    'UNKNOWN_RETRY',
    'UNKNOWN_RETRY',
    'UNAVAILABLE',
    'c1',
    'UNAVAILABLE',
  ])
  expect(commits).toEqual([['a1', 'b1'], ['c1']])
})

test('[MSG5] an item that is refused for good stops nobody', async () => {
  const { add } = openBatch({ a1: 'INVALID_INPUT' })
  expect(await add('a1', 'a2', 'b1')).toEqual(['INVALID_INPUT', 'a2', 'b1'])
})

test('[MSG5] an order is whole again once what waited behind the failure is refused', async () => {
  const { add } = openBatch({ a1: 'UNAVAILABLE' })
  await add('a1', 'a2')
  expect(await add('a2', 'a3')).toEqual(['a2', 'a3'])
})
