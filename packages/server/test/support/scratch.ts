import { accessSync, constants, statfsSync } from 'node:fs'
import { freemem, tmpdir } from 'node:os'

const MEMORY = '/dev/shm'
/** Several times what a run leaves there. */
const ENOUGH_BYTES = 6 * 1024 ** 3

/**
 * Where the databases of a run lie: in memory where there is plenty of it, else in the folder for temporary files. Half of a
 * run would be waiting for the disk to have written. What is kept there outlives a process that is killed, and no test
 * cuts the power.
 */
export function scratchFolder(): string {
  try {
    const { bavail, bsize } = statfsSync(MEMORY)
    accessSync(MEMORY, constants.W_OK | constants.X_OK)
    return Math.min(bavail * bsize, freemem()) > ENOUGH_BYTES ? MEMORY : tmpdir()
  } catch {
    return tmpdir()
  }
}
