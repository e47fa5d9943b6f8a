import { isTidingsError, TidingsError } from '@tidings/protocol/wire'

/** True for an error of the system with this code. */
export function hasCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === code
}

const DISK_FULL = ['ENOSPC', 'EDQUOT', 'EFBIG', 'SQLITE_FULL']

/** What the system says of a file, as ours. Everything may be tried again: a disk is emptied, a folder gets its rights. */
export function toFileError(thrown: unknown, file: string): TidingsError {
  if (isTidingsError(thrown)) return thrown
  if (DISK_FULL.some((code) => hasCode(thrown, code)))
    return new TidingsError('STORAGE_FULL', `There is no room for ${file}.`, { cause: thrown })
  const reason = thrown instanceof Error ? thrown.message : String(thrown)
  return new TidingsError('UNAVAILABLE', `${file} cannot be used: ${reason}`, { cause: thrown })
}
