import type { Door } from './client.ts'
import type { Scene, SceneOptions } from './scene.ts'

/** A running server under measurement. */
export interface Target extends AsyncDisposable {
  readonly url: string
  /** Everything that works for it, a database included. */
  pids(): readonly number[]
  /** The one that holds the connections. */
  readonly pid: number
  readonly scene: Scene
  /** Milliseconds from its start until it listened. */
  readonly startMs: number
}

/** What is measured: a server, and a way to talk to it. */
export interface Subject {
  /** `tidings sqlite sdk` */
  readonly name: string
  readonly door: Door
  start(options: SceneOptions): Promise<Target>
}
