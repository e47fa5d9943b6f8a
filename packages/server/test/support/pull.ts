import {
  expandPull,
  type CompactPull,
  type Pull,
  type PullInput,
  type Since,
  type SinceInput,
} from '@tidings/protocol/wire'
import { expect } from 'vitest'
import type { Journal } from '../../src/journal/journal.ts'
import { pullText } from '../../src/journal/pull-json.ts'
import type { Actor } from '../../src/services/actor.ts'
import type { Deps } from '../../src/services/deps.ts'
import { syncSince } from '../../src/services/sync.ts'

/** What a journal answers to a pull, read. */
export async function pullOf(journal: Journal, userKey: number, input: PullInput): Promise<Pull> {
  return pullText(await journal.pull(userKey, input)).value()
}

/** The same, and by way of rows, which must lead to it; nothing may happen meanwhile. */
export async function pullBothWays(
  journal: Journal,
  userKey: number,
  input: PullInput,
): Promise<Pull> {
  const full = await pullOf(journal, userKey, input)
  const compact = await compactPullOf(journal, userKey, input)
  expect(JSON.stringify(compact)).toBe(JSON.stringify(full))
  return full
}

/** By way of rows. */
async function compactPullOf(journal: Journal, userKey: number, input: PullInput): Promise<Pull> {
  const pulled = await journal.pull(userKey, { ...input, compact: true })
  return expandPull(pullText<CompactPull>(pulled).value())
}

/** What `sync.since` answers, read. */
export async function sinceOf(deps: Deps, actor: Actor, input: SinceInput): Promise<Since> {
  return (await syncSince(deps, actor, input)).value()
}
