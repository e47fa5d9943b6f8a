import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder on a disk, not in memory where that can be told: what is durable costs what it costs. */
export interface Folder extends Disposable {
  readonly path: string
}

/** Makes one in `BENCH_DIR`, by default in the system's folder for such. */
export function openFolder(): Folder {
  const path = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'tidings-bench-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}
