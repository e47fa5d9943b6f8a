import type { Environment } from '../environment.ts'
import type { PackedBulletin, Reign, Request } from './messages.ts'
import type { TabPlatform } from './platform.ts'

/** What a tab does when its place among the others changes. */
export interface SeatHandlers {
  /** This tab leads from now on; `missed` is what others have heard and it has not. Resolves when it can answer. */
  lead(reign: Reign, missed: readonly PackedBulletin[]): Promise<void>
  /** Another tab has taken the lead from this one. */
  depose(): void
  /** Another tab leads. */
  follow(reign: Reign): void
  /** Does what a tab, perhaps this one, has asked for, as leader. The signal says that it is not wanted any more. */
  perform(request: Request, signal: AbortSignal): Promise<unknown>
  hear(bulletin: PackedBulletin): void
  /** What this tab has heard after a revision, as far as it remembers. */
  since(revision: number): readonly PackedBulletin[]
  /** Somebody waits for this leader. */
  hurry(): void
  error(thrown: unknown): void
}

export interface SeatOptions {
  readonly name: string
  readonly platform: TabPlatform
  readonly environment: Environment
  readonly handlers: SeatHandlers
  /** The newest revision that this tab knows. */
  readonly revision: () => number
}

/** Something that was asked for. */
export interface Asked {
  readonly answer: Promise<unknown>
  /** It is not wanted any more; the answer never comes. */
  stop(): void
}
