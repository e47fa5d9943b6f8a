import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DatabaseOpenError } from './errors.ts'

/** Creates a file, and its folder, that only this user may read; leaves an existing one as it is. */
export function createPrivateFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true })
  closeSync(openSync(file, 'a', 0o600))
}

/** The path in a `file:` URL: `file:./data/tidings.db` and `file:data/x.db` from the working directory, `file:///var/x.db`. */
export function pathOfFileUrl(url: string): string {
  const path = url.startsWith('file://') ? fileURLToPath(url) : url.slice('file:'.length)
  if (!url.startsWith('file:') || path === '' || path.startsWith(':')) {
    throw new DatabaseOpenError(
      'BAD_URL',
      'The database must be file:<path> or postgres://<address>.',
    )
  }
  return resolve(path)
}
