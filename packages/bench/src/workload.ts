import type { Figures } from './figures.ts'
import type { SceneOptions } from './scene.ts'
import type { Ground, Subject } from './subject.ts'

/** How long to look. */
export interface Pace {
  readonly warmUpMs: number
  readonly windowMs: number
}

/** The bar that the project has set itself, of the SDK on SQLite: of the ratio to the relay, or of the figure itself. */
export interface Bar {
  readonly of: 'ratio' | 'figure'
  readonly better: 'more' | 'less'
  readonly bar: number
  readonly stretch: number
}

/** Something that users do, at a size. */
export interface Workload {
  readonly name: string
  /** The name of the figure that is compared. */
  readonly figure: string
  readonly bar?: Bar | undefined
  /** What must be there first; undefined is an empty server. */
  readonly scene: SceneOptions | undefined
  measure(subject: Subject, ground: Ground, pace: Pace): Promise<Figures>
}
