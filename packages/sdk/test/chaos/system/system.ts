import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { scratchFolder } from '../../../../server/test/support/scratch.ts'
import type { MortalPostgres } from '../../../../server/test/support/mortal-postgres.ts'
import { chanceOf, type Chance } from '../../e2e/support/random.ts'
import type { Setting } from '../plan.ts'
import { ServerNode, type Environment } from './node.ts'
import type { Programs } from './programs.ts'
import type { MortalRedis } from './redis.ts'
import { openSmallDisk, type SmallDisk } from './small-disk.ts'
import { openWire, type Wire } from './wire.ts'

/** What outlives a round. */
export interface Services {
  readonly programs: Programs
  readonly postgres: MortalPostgres | undefined
  /** Where Postgres lies, when a disk can be had that fills up. */
  readonly postgresDisk: SmallDisk | undefined
  readonly redis: MortalRedis | undefined
}

/** The servers of a round with every wire between them and the others. */
export interface System extends AsyncDisposable {
  readonly setting: Setting
  readonly services: Services
  /** Of the round: storages, notes, the SQLite file. */
  readonly folder: string
  /** As the servers have it, without the faults of a wire. */
  readonly databaseUrl: string
  readonly database: string
  readonly nodes: readonly ServerNode[]
  /** In front of all nodes, one for each process of clients. */
  readonly fronts: readonly Wire[]
  /** The same for the clients of the numbered protocol, which have nothing but TCP to tell them what is doubled. */
  readonly numberedFront: Wire
  /** Between the nodes and Postgres, and Redis. */
  readonly postgresWire: Wire | undefined
  readonly redisWire: Wire | undefined
  /** Where the SQLite file lies, when a disk can be had that fills up. */
  readonly disk: SmallDisk | undefined
  /** What the nodes are started with. */
  readonly environment: Environment
  readonly broken: string[]
}

const FRONTS = 2

/** Starts a round's servers on a fresh database. */
export async function openSystem(
  services: Services,
  setting: Setting,
  seed: number,
): Promise<System> {
  const folder = mkdtempSync(join(scratchFolder(), 'tidings-round-'))
  const chance = chanceOf(seed + 1)
  const broken: string[] = []
  const disk = setting.engine === 'sqlite' ? openSmallDisk(join(folder, 'disk')) : undefined
  const place = await placeOf(services, { setting, folder, disk, chance })
  const redisWire =
    setting.broker === 'redis' ? await toPort(services.redis?.port ?? 0, chance) : undefined
  const environment = {
    ...place.environment,
    ...(setting.engine === 'postgres' ? { BROKER: setting.broker } : {}),
    ...(redisWire === undefined ? {} : { REDIS_URL: `redis://127.0.0.1:${redisWire.port}` }),
  }
  const { server: program } = services.programs
  const onBroken = (what: string) => void broken.push(what)
  const nodes = Array.from(
    { length: setting.engine === 'sqlite' ? 1 : setting.nodes },
    (_, at) => new ServerNode({ name: `node ${at + 1}`, program, environment, onBroken }),
  )
  const targets = () => nodes.map(({ port }) => port)
  const fronts = await Promise.all(
    Array.from({ length: FRONTS }, () => openWire({ targets, chance })),
  )
  const numberedFront = await openWire({ targets, chance })
  const { postgresWire, databaseUrl, database } = place
  const wires = [...fronts, numberedFront, postgresWire, redisWire]
  const close = async (): Promise<void> => {
    for (const node of nodes) await node.close()
    for (const wire of wires) await wire?.[Symbol.asyncDispose]()
    disk?.[Symbol.dispose]()
    if (process.env['CHAOS_KEEP'] === undefined) rmSync(folder, { recursive: true, force: true })
  }
  const system: System = {
    ...{ setting, services, folder, databaseUrl, database, nodes, fronts, numberedFront },
    ...{ postgresWire, redisWire, disk, environment, broken },
    [Symbol.asyncDispose]: close,
  }
  try {
    // The first one migrates.
    for (const node of nodes) await node.start()
    return system
  } catch (error) {
    await close()
    throw error
  }
}

interface PlaceParts {
  readonly setting: Setting
  readonly folder: string
  readonly disk: SmallDisk | undefined
  readonly chance: Chance
}

async function placeOf({ postgres }: Services, { setting, folder, disk, chance }: PlaceParts) {
  if (setting.engine === 'sqlite') {
    const data = disk?.folder ?? join(folder, 'data')
    mkdirSync(data, { recursive: true })
    const databaseUrl = `file:${join(data, 'tidings.db')}`
    return {
      database: '',
      databaseUrl,
      environment: { DATABASE_URL: databaseUrl },
      postgresWire: undefined,
    }
  }
  if (postgres === undefined) throw new Error('a round on Postgres without one')
  const database = `chaos_${process.pid}_${Math.floor(performance.now())}`
  await postgres.createDatabase(database)
  const postgresWire = await toPort(postgres.port, chance)
  return {
    ...{ database, postgresWire },
    databaseUrl: postgres.urlOf(database, postgres.port),
    environment: { DATABASE_URL: postgres.urlOf(database, postgresWire.port) },
  }
}

function toPort(port: number, chance: Chance): Promise<Wire> {
  return openWire({ targets: () => [port], chance })
}

/** Waits for a condition; false when it was not met in time. */
export async function within(
  ms: number,
  isMet: () => boolean | Promise<boolean>,
): Promise<boolean> {
  const deadline = performance.now() + ms
  while (!(await isMet())) {
    if (performance.now() > deadline) return false
    await pause(20)
  }
  return true
}
