import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** A disk of its own that can be filled up. */
export interface SmallDisk extends Disposable {
  readonly folder: string
  /** Leaves no byte free. */
  fill(): void
  /** Makes room again. */
  empty(): void
}

/** A file system in memory; undefined where one may not be mounted, which takes root. */
export function openSmallDisk(folder: string, size = '512m'): SmallDisk | undefined {
  mkdirSync(folder, { recursive: true })
  const options = ['-t', 'tmpfs', '-o', `size=${size},mode=0755`, 'tidings-chaos', folder]
  if (process.getuid?.() !== 0 || spawnSync('mount', options).status !== 0) return undefined
  const unmount = (): void => {
    if (spawnSync('umount', [folder]).status !== 0) spawnSync('umount', ['-l', folder])
  }
  // However this process ends by itself.
  process.once('exit', unmount)
  const ballast = join(folder, 'ballast')
  return {
    folder,
    fill() {
      const file = openSync(ballast, 'w')
      try {
        for (const size of [1024 * 1024, 4096]) pour(file, Buffer.alloc(size))
      } finally {
        closeSync(file)
      }
      if (statfsSync(folder).bavail !== 0) throw new Error('the disk is not full')
    },
    empty: () => rmSync(ballast, { force: true }),
    [Symbol.dispose]() {
      process.off('exit', unmount)
      unmount()
    },
  }
}

function pour(file: number, piece: Buffer): void {
  try {
    for (;;) writeSync(file, piece)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  }
}
