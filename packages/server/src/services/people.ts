import { nameKey } from '@tidings/protocol'
import { TidingsError, type UserRef } from '@tidings/protocol/wire'
import { listBlocksWith } from '../stores/block.ts'
import type { Source } from '../stores/conversation.ts'
import { areErased } from '../stores/erasure.ts'
import { listPeople, type Person } from '../stores/member.ts'
import type { Actor } from './actor.ts'
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

/**
 * None of them has been erased since they were looked up. Within a transaction that holds their own streams it stays so
 * until the transaction ends.
 * @throws TidingsError NOT_FOUND
 */
export async function requirePresent(
  source: Source,
  people: readonly Pick<Person, 'key'>[],
): Promise<void> {
  const keys = people.map(({ key }) => key)
  if (await areErased(source, keys)) throw new TidingsError('NOT_FOUND')
}

/**
 * Nobody of them has blocked the actor, and he has blocked none of them. Within a transaction that holds the streams of the
 * people it stays so until the transaction ends: a block locks those of both.
 * @throws TidingsError FORBIDDEN when the actor has blocked one; NOT_FOUND, as if there were nobody, when one has blocked him
 */
export async function requireUnblocked(
  source: Source,
  actor: Pick<Actor, 'userKey'>,
  people: readonly Pick<Person, 'key'>[],
): Promise<void> {
  const keys = people.map(({ key }) => key)
  const blocks = await listBlocksWith(source, actor.userKey, keys)
  if (blocks.length === 0) return
  const isOwn = blocks.some(({ userKey }) => userKey === actor.userKey)
  throw new TidingsError(isOwn ? 'FORBIDDEN' : 'NOT_FOUND')
}

/** Whom a call means. @throws TidingsError NOT_FOUND */
export async function requirePerson(
  { database }: Pick<Deps, 'database'>,
  ref: UserRef,
): Promise<Person> {
  const by = 'userId' in ref ? { ids: [ref.userId] } : { usernameKey: nameKey(ref.username) }
  const [person] = await listPeople(database, by)
  if (person === undefined) throw new TidingsError('NOT_FOUND')
  return person
}
