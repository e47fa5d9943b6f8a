import type { Setting } from './plan.ts'
import { runStorm, type StormSummary } from './storm.ts'
import { openServices } from './system/services.ts'

/** A storm of reconnections. */
export interface StormsOptions {
  readonly seed: number
  readonly engine: Setting['engine']
  readonly clients: number
  readonly mostMs: number
  readonly isBuilt: boolean
}

/** Users that the clients of a storm belong to. */
const STORM_USERS = 20

/** Runs one, on a system of its own. */
export async function runStorms(options: StormsOptions): Promise<StormSummary> {
  const { seed, engine, clients, mostMs, isBuilt } = options
  const setting = { engine, nodes: engine === 'sqlite' ? 1 : 3, broker: 'none' } as const
  await using services = await openServices(isBuilt, undefined, [setting])
  const clientsEach = Math.ceil(clients / STORM_USERS)
  return await runStorm(services, {
    ...{ setting, seed, users: STORM_USERS, clientsEach, messages: 50, mostMs },
  })
}
