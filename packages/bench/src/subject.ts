import type { Door } from './client.ts'
import type { Scene, SceneOptions } from './scene.ts'

/** Processes whose CPU time and memory are looked at. */
export interface Watched {
  /** The one that holds the connections. */
  readonly pid: number
  /** Everything that works for it, a database included. */
  pids(): readonly number[]
}

/** A running server under measurement. */
export interface Running extends AsyncDisposable, Watched {
  readonly url: string
  /** Of several nodes: the two of a pair are at two of them. */
  readonly urls?: readonly string[] | undefined
  /** When its process was started, by `performance.now()`. */
  readonly startedAt: number
  /** Has `pid` collect its garbage; answers the bytes of its young generation. */
  collectGarbage(): Promise<number>
}

/** One that people know already. */
export interface Target extends Running {
  readonly scene: Scene
}

/** One that nobody has been at before. */
export interface EmptyTarget extends Running {
  /** Two new people and their conversation. */
  introduce(): Promise<Scene>
}

/** A database that was filled beforehand; each run gets a copy. */
export interface Filled {
  readonly databaseUrl: string
  readonly secret: string
  readonly scene: Scene
}

/** A running Postgres. */
export interface Postgres extends Watched {
  /** Of its `postgres` database, as a superuser. */
  readonly url: string
}

/** What a server starts from. */
export interface Ground {
  /** Undefined is empty. */
  readonly scene: SceneOptions | undefined
  /** Of a subject that has a database. */
  readonly filled?: Filled | undefined
  /** Of a subject on Postgres. */
  readonly postgres?: Postgres | undefined
  /** The file that a CPU profile of the server is written to. */
  readonly profile?: string | undefined
}

/** What is measured: a server, and a way to talk to it. */
export interface Subject {
  readonly name: string
  readonly summary: string
  readonly door: Door
  /** Where it keeps what is filled beforehand. */
  readonly engine: Engine
  start(ground: Ground): Promise<Target>
  startEmpty(ground: Ground): Promise<EmptyTarget>
}

/** `own` is none that anybody but the subject could fill. */
export type Engine = 'own' | 'sqlite' | 'postgres'
