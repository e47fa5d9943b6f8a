import type { Figures } from './figures.ts'
import type { SceneOptions } from './scene.ts'
import type { Subject, Target } from './subject.ts'

/** How long to look. */
export interface Pace {
  readonly warmUpMs: number
  readonly windowMs: number
}

/** Something that users do, at a size. */
export interface Workload {
  readonly name: string
  /** The figure that the bars are about. */
  readonly figure: string
  readonly scene: SceneOptions
  measure(target: Target, subject: Subject, pace: Pace): Promise<Figures>
}
