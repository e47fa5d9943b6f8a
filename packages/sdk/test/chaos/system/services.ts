import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { startMortalPostgres } from '../../../../server/test/support/mortal-postgres.ts'
import { scratchFolder } from '../../../../server/test/support/scratch.ts'
import type { Setting } from '../plan.ts'
import type { BugName } from '../planted/planted.ts'
import { makePrograms } from './programs.ts'
import { startMortalRedis } from './redis.ts'
import { openSmallDisk, type SmallDisk } from './small-disk.ts'
import type { Services } from './system.ts'

/** Starts what these settings need and makes the programs, with a mistake planted when one is named. */
export async function openServices(
  isBuilt: boolean,
  bug: BugName | undefined,
  settings: readonly Setting[],
): Promise<Services & AsyncDisposable> {
  const programs = await makePrograms({ bug, isBuilt })
  const isNeeded = (what: 'postgres' | 'redis') =>
    settings.some(({ engine, broker }) => engine === what || broker === what)
  const disk = isNeeded('postgres') ? openPostgresDisk() : undefined
  const postgres = isNeeded('postgres')
    ? await startMortalPostgres(disk && placeOn(disk))
    : undefined
  const redis = isNeeded('redis') ? await startMortalRedis() : undefined
  return {
    ...{ programs, postgres, postgresDisk: disk, redis },
    async [Symbol.asyncDispose]() {
      await redis?.[Symbol.asyncDispose]()
      await postgres?.[Symbol.asyncDispose]()
      disk?.[Symbol.dispose]()
      if (disk !== undefined) rmSync(disk.folder, { recursive: true, force: true })
      programs[Symbol.dispose]()
    },
  }
}

/** Room for what a long run writes, its log included. */
const POSTGRES_DISK = '3g'

/** Whoever removes it must not meet the root of a file system. */
function placeOn({ folder }: SmallDisk): string {
  const place = join(folder, 'postgres')
  mkdirSync(place)
  return place
}

function openPostgresDisk(): SmallDisk | undefined {
  return openSmallDisk(mkdtempSync(join(scratchFolder(), 'tidings-chaos-')), POSTGRES_DISK)
}
