import type { Kinds, KindSchema } from '@tidings/protocol/wire'
import type { Auth } from '../auth/auth.ts'
import type { Providers } from '../auth/proven-identity.ts'
import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import type { Database } from '../db/database.ts'
import type { Figures } from '../figures.ts'
import type { Journal } from '../journal/journal.ts'
import type { Logger } from '../logger.ts'
import type { Machine } from '../machine.ts'
import type { Realtime } from '../realtime/realtime.ts'
import type { Jobs } from './jobs.ts'
import type { Post } from './post.ts'
import type { ReceiptWriter } from './receipt-writer.ts'

/** What every use-case works with. One object a server; nothing in it belongs to one call. */
export interface Deps {
  readonly database: Database
  readonly journal: Journal
  readonly realtime: Realtime
  readonly receipts: ReceiptWriter
  readonly auth: Auth
  readonly jobs: Jobs
  readonly post: Post
  /** By which one can sign in besides by a password. */
  readonly providers: Providers
  readonly clock: Clock
  readonly machine: Machine
  readonly config: Config
  readonly log: Logger
  readonly figures: Figures
  /** The app's own message kinds; undefined on a standalone server, which takes unknown kinds as bounded JSON. */
  readonly kinds: Kinds | undefined
  /** The app's schema of what it keeps about a group; undefined for any bounded JSON. */
  readonly conversationData?: KindSchema | undefined
}
