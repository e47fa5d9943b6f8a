import { randomBytes } from 'node:crypto'
import { withinTime } from '../deadline.ts'
import type { SceneOptions } from '../scene.ts'
import type { Engine, Filled, Postgres } from '../subject.ts'
import { openDatabase, type Database } from './database.ts'
import { seed } from './seed.ts'

/** Access tokens live for 15 minutes, and a run may take up to nine. */
const FRESH_MS = 5 * 60_000

interface Kept {
  readonly database: Database
  readonly filled: Filled
  readonly madeAt: number
}

/** The databases of one scene, filled once for all its runs: filling takes longer than a run. */
export class FilledDatabases implements AsyncDisposable {
  readonly #scene: SceneOptions
  readonly #kept = new Map<Engine, Kept>()

  constructor(scene: SceneOptions) {
    this.#scene = scene
  }

  /** One that nobody writes to, to be copied. */
  async get(engine: Engine, postgres: Postgres | undefined): Promise<Filled | undefined> {
    if (engine === 'own') return undefined
    const found = this.#kept.get(engine)
    if (found !== undefined && performance.now() - found.madeAt < FRESH_MS) return found.filled
    await found?.database[Symbol.asyncDispose]()
    const database = await openDatabase(postgres)
    const given = { databaseUrl: database.url, secret: randomBytes(32).toString('hex') }
    const madeAt = performance.now()
    const filling = seed(given, this.#scene)
    const filled = { ...given, scene: await withinTime(filling, 600_000, 'filling a database') }
    this.#kept.set(engine, { database, filled, madeAt })
    return filled
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { database } of this.#kept.values()) await database[Symbol.asyncDispose]()
  }
}
