import type { HeadsAnswer, PullAnswer, PullFrom } from '@tidings/protocol/sync'
import type { ModelDatabase } from './model-database.ts'
import type { Row } from './model-stream.ts'
import type { World } from './world.ts'

export type Request =
  | {
      readonly kind: 'heads'
      readonly changedSince: number | undefined
      readonly after: string | undefined
      readonly limit: number
    }
  | {
      readonly kind: 'pull'
      readonly epoch: number
      readonly streams: readonly PullFrom[]
      readonly limit: number
    }
  | { readonly kind: 'send'; readonly conversation: number; readonly key: string }
  | {
      readonly kind: 'mark'
      readonly conversation: number
      readonly delivered: number
      readonly read: number
    }
  | {
      readonly kind: 'change'
      readonly conversation: number
      /** The seq of the message. */
      readonly of: number
      readonly version: number
    }
  | { readonly kind: 'join' | 'leave'; readonly conversation: number; readonly member: number }

export type Answer =
  | { readonly kind: 'heads'; readonly answer: HeadsAnswer }
  | { readonly kind: 'pulled'; readonly answer: PullAnswer<Row> }
  | { readonly kind: 'done'; readonly row: Row | undefined }
  | { readonly kind: 'refused' }
  /** Worth asking again. */
  | { readonly kind: 'unavailable' }

export type Reply = (answer: Answer) => void

/** What a use-case needs of the process that it runs in. */
export interface Process {
  readonly cluster: { readonly world: World; readonly db: ModelDatabase }
  /** For the mistake of remembering clientMessageIds in a process. */
  readonly remembered: Map<string, Row>
  /** True as long as this same process lives. */
  life(): () => boolean
  /** Rows that this process has committed. */
  committed(rows: readonly Row[]): void
}
