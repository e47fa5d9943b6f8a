import { TidingsError } from '@tidings/protocol/wire'
import { listPeople, type Person } from '../stores/member.ts'
import type { Deps } from './deps.ts'

/**
 * The users with these ids, each once, in the order given.
 * @throws TidingsError NOT_FOUND when one does not exist; it does not say which, so that ids cannot be tried out in bulk
 */
export async function requirePeople(
  deps: Deps,
  ids: readonly string[],
): Promise<readonly Person[]> {
  const wanted = [...new Set(ids)]
  const found = new Map(
    (await listPeople(deps.database, { ids: wanted })).map((person) => [person.id, person]),
  )
  return wanted.map((id) => {
    const person = found.get(id)
    if (person === undefined) throw new TidingsError('NOT_FOUND')
    return person
  })
}
