import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder on a disk, not in memory where that can be told: what is durable costs what it costs. */
export interface Folder extends Disposable {
  readonly path: string
}

/** Of this process; they go with it, however it ends. */
const open = new Set<string>()
process.once('exit', () => [...open].forEach(remove))

/** Makes one in `BENCH_DIR`, by default in the system's folder for such. */
export function openFolder(): Folder {
  const path = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'tidings-bench-'))
  open.add(path)
  return { path, [Symbol.dispose]: () => remove(path) }
}

function remove(path: string): void {
  open.delete(path)
  rmSync(path, { recursive: true, force: true })
}
