import { TidingsError, type Scope } from '@tidings/protocol/wire'
import type { Actor } from '../services/actor.ts'

/** What a procedure asks of an OAuth client that calls it in a user's name. */
export interface GrantDemand {
  /** The scope that it needs; null closes it to all clients. Left out, it is closed too, but somebody has forgotten it. */
  readonly scope?: Scope | null | undefined
  /**
   * A client that is limited to some conversations may call it although its input names none: it says nothing of others, or
   * leaves them out of its answer.
   */
  readonly whenLimited?: true | undefined
}

/**
 * The one place that decides what an OAuth client may call: every door comes through here, the compiled calls too. The user
 * himself may call everything, and costs nothing.
 * @param readInput asked for only where the user has limited the client to some conversations
 * @throws TidingsError FORBIDDEN without the scope, NOT_FOUND for conversations beyond its limits
 */
export function requireGrant(
  { grant }: Pick<Actor, 'grant'>,
  { scope = null, whenLimited }: GrantDemand,
  readInput: () => unknown,
): void | Promise<void> {
  if (grant === undefined) return
  if (scope === null) throw new TidingsError('FORBIDDEN', 'Applications may not do this.')
  if (!grant.scopes.has(scope))
    throw new TidingsError('FORBIDDEN', `The application lacks the scope ${scope}.`)
  if (grant.conversationIds === undefined) return
  return requireWithin(grant.conversationIds, readInput(), whenLimited === true)
}

async function requireWithin(
  conversationIds: ReadonlySet<string>,
  reading: unknown,
  whenLimited: boolean,
): Promise<void> {
  const input = await reading
  const items: readonly unknown[] = Array.isArray(input) ? input : [input]
  for (const item of items) {
    const id = conversationOf(item)
    if (id === undefined && !whenLimited)
      throw new TidingsError('FORBIDDEN', 'The application is limited to some conversations.')
    if (id !== undefined && !conversationIds.has(id)) throw new TidingsError('NOT_FOUND')
  }
}

function conversationOf(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null || !('conversationId' in item)) return undefined
  // One of another type is refused by the schema, and until then it is none of the limits'.
  return typeof item.conversationId === 'string' ? item.conversationId : ''
}
