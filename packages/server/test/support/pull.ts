import type { Pull, PullInput, Since, SinceInput } from '@tidings/protocol/wire'
import type { Journal } from '../../src/journal/journal.ts'
import { pullText } from '../../src/journal/pull-json.ts'
import type { Actor } from '../../src/services/actor.ts'
import type { Deps } from '../../src/services/deps.ts'
import { syncSince } from '../../src/services/sync.ts'

/** What a journal answers to a pull, read. */
export async function pullOf(journal: Journal, userKey: number, input: PullInput): Promise<Pull> {
  return pullText(await journal.pull(userKey, input)).value()
}

/** What `sync.since` answers, read. */
export async function sinceOf(deps: Deps, actor: Actor, input: SinceInput): Promise<Since> {
  return (await syncSince(deps, actor, input)).value()
}
