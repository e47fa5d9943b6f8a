import { SUBJECTS, WORKLOADS } from './catalogue.ts'
import { OptionError } from './options.ts'
import { withSummaries, type BenchRecord } from './record.ts'
import type { WorkloadResult } from './results.ts'

/**
 * All runs of several measurements as those of one, which is as of the last.
 * @throws OptionError when they are not of one machine
 */
export function merge(records: readonly BenchRecord[]): BenchRecord {
  const [last, ...others] = records.toSorted((a, b) => b.date.localeCompare(a.date))
  if (last === undefined) throw new OptionError('there is nothing to merge')
  if (others.some((one) => placeOf(one) !== placeOf(last)))
    throw new OptionError('figures of different machines say nothing together')
  const byName = new Map<string, WorkloadResult>()
  for (const result of records.flatMap((record) => record.results)) {
    const known = byName.get(result.name)
    byName.set(result.name, known === undefined ? result : together(known, result))
  }
  const results = inOrder([...byName.values()], WORKLOADS, ({ name }) => name)
  return { ...last, results: results.map(withSummaries) }
}

function placeOf({ node, machine }: BenchRecord): string {
  return [node, machine['cpu'], machine['cores'], machine['pinned']].join(', ')
}

function together(one: WorkloadResult, other: WorkloadResult): WorkloadResult {
  const lists = [...one.subjects, ...other.subjects]
  const subjects = [...new Set(lists.map(({ subject }) => subject))].map((subject) => {
    const own = lists.filter((list) => list.subject === subject)
    return {
      subject,
      runs: own.flatMap(({ runs }) => runs),
      errors: own.flatMap(({ errors }) => errors),
    }
  })
  return { ...other, subjects: inOrder(subjects, SUBJECTS, ({ subject }) => subject) }
}

/** As the list has them. */
function inOrder<T>(
  items: readonly T[],
  list: readonly { readonly name: string }[],
  nameOf: (item: T) => string,
): readonly T[] {
  const placeOfItem = (item: T): number => list.findIndex(({ name }) => name === nameOf(item))
  return items.toSorted((a, b) => placeOfItem(a) - placeOfItem(b))
}
