import type { Kinds } from '@tidings/protocol/wire'
import type { Core } from '../core.ts'
import type { Hearing } from './hearing.ts'
import { unpackBulletin, type PackedBulletin } from './messages.ts'
import { changesOf, type Press } from './press.ts'
import type { Progress, SharedStorage } from './shared-storage.ts'
import type { SharedTokens } from './shared-tokens.ts'
import { rowsOf, withoutMessages } from './snapshot.ts'

export interface SuccessionOptions<K extends Kinds> {
  readonly core: Core<K>
  readonly press: Press
  readonly storage: SharedStorage
  readonly tokens: SharedTokens
  readonly hearing: Hearing<K>
  /** Reigns whose bulletins follow one another. */
  readonly reigns: ReadonlySet<number>
  /** How far what is kept has got. */
  readonly progress: Progress | undefined
}

/** Leads from what is kept, with what others have heard and the leader before has not kept. */
export async function beginFromKept<K extends Kinds>(
  { core, press, progress }: SuccessionOptions<K>,
  missed: readonly PackedBulletin[],
): Promise<void> {
  const revision = progress?.revision ?? 0
  press.begin(revision)
  const further = missed.filter((bulletin) => bulletin.revision > revision)
  if (further[0]?.revision !== revision + 1) return
  // What fails here is told by whoever connects.
  await core.local.load().catch(() => undefined)
  press.begin(further.at(-1)?.revision ?? revision)
  core.local.commit(changesOf(further.map(unpackBulletin)))
}

/** Leads from what this tab has heard. */
export async function takeOver<K extends Kinds>(options: SuccessionOptions<K>): Promise<void> {
  const { core, press, storage, tokens, reigns, progress } = options
  const { local } = core
  // A store of the app's that fails now is told when the sign-in is renewed.
  await tokens.load().then(
    (credentials) => core.tokens.assume(credentials),
    () => undefined,
  )
  if (local.tables.userId === undefined) return
  const isOurs = progress !== undefined && reigns.has(progress.reign)
  if (isOurs && progress.revision > press.revision) {
    await beginBehind(options, progress)
    return
  }
  const unkept = isOurs ? press.since(progress.revision) : undefined
  if (unkept !== undefined) {
    local.takeOver(changesOf(unkept))
    return
  }
  // Another storage than the leader's, or one that was emptied.
  await storage.clear().catch(() => undefined)
  local.hear(withoutMessages(local.tables))
  local.takeOver(rowsOf(local.tables))
}

/** The leader before has kept something and died before it could be heard: what is kept is younger than this tab. */
async function beginBehind<K extends Kinds>(
  { core, press, hearing }: SuccessionOptions<K>,
  { revision }: Progress,
): Promise<void> {
  const { local } = core
  const before = new Map(local.tables.positions)
  local.forget()
  press.begin(revision)
  await local.load().catch(() => undefined)
  hearing.tellMissed(before)
}
