import { constants } from 'node:fs'
import process from 'node:process'
import {
  copyFile,
  mkdir,
  open,
  readFile,
  realpath,
  rename,
  type FileHandle,
} from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { TidingsError } from '@tidings/protocol/wire'
import type { ClientStorage, KeyRange, StorageChange, StoredRow } from '../storage.ts'
import { hasCode, toFileError } from './file-errors.ts'
import { lockFile } from './file-lock.ts'
import { LOG_START, readLog, toRecord } from './file-records.ts'
import { SortedRows } from './file-rows.ts'

/**
 * Keeps a client's rows in one file of Node's: a log of batches, each with a checksum and on the disk before its `write`
 * resolves. A crash in the middle of a write loses that batch and nothing else. The whole table is in memory; the log is
 * written anew, beside the old one, when most of it is history. One file serves one client of one process at a time.
 *
 * A log that something other than a crash has damaged is continued from what stands before the damage, which is what this
 * client knew earlier; the damaged file is kept as `<path>.damaged`.
 *
 * Every call rejects with TidingsError: UNAVAILABLE when the file is in use or cannot be used, STORAGE_FULL when the disk
 * is full, INVALID_INPUT when the file is something else, UNSUPPORTED_VERSION when a newer version has written it.
 *
 * @example
 * ```ts
 * const client = createClient({ url, storage: fileStorage('./data/ann.tidings') })
 * ```
 */
export function fileStorage(path: string): ClientStorage {
  return new FileStorage(path)
}

/** Below this it is not worth writing the log anew. */
const SMALL_BYTES = 1024 * 1024

/** Rows in one record of a log that is written anew. */
const CHUNK_ROWS = 500

/** The log as it is open. */
interface Log {
  readonly file: string
  readonly release: () => void
  handle: FileHandle
  /** Up to here every record is whole and on the disk. */
  bytes: number
  /** How long it may become before it is written anew. */
  limit: number
  /** Something that failed may have left its beginning behind `bytes`. */
  isUnclean: boolean
}

class FileStorage implements ClientStorage {
  readonly #path: string
  readonly #rows = new SortedRows()
  #log: Log | undefined
  #isClosed = false
  /** One after the other. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(path: string) {
    this.#path = path
  }

  read(range: KeyRange): Promise<readonly StoredRow[]> {
    return this.#run(() => Promise.resolve(this.#rows.read(range)))
  }

  write(changes: readonly StorageChange[]): Promise<void> {
    return this.#run(async (log) => {
      if (changes.length === 0) return
      await append(log, toRecord(changes))
      this.#rows.apply(changes)
      // After the answer: nobody waits for it but what comes next.
      if (log.bytes > log.limit) this.#run((same) => this.#shorten(same)).catch(() => undefined)
    })
  }

  clear(): Promise<void> {
    return this.#run(async (log) => {
      await this.#rewrite(log, [])
      this.#rows.clear()
    })
  }

  close(): Promise<void> {
    const closed = this.#last.then(() => this.#leave())
    this.#isClosed = true
    this.#last = closed.catch(() => undefined)
    return closed
  }

  #run<T>(work: (log: Log) => Promise<T>): Promise<T> {
    if (this.#isClosed) return Promise.reject(new TidingsError('CLOSED'))
    const done = this.#last.then(async () => {
      try {
        this.#log ??= await openLog(this.#path, this.#rows)
        return await work(this.#log)
      } catch (thrown) {
        throw toFileError(thrown, this.#path)
      }
    })
    this.#last = done.catch(() => undefined)
    return done
  }

  async #leave(): Promise<void> {
    const log = this.#log
    this.#log = undefined
    await log?.handle.close()
    log?.release()
  }

  async #shorten(log: Log): Promise<void> {
    if (log.bytes <= log.limit) return
    // Should this fail, it is tried again when the log has grown as much again.
    log.limit = log.bytes * 2
    await this.#rewrite(log, this.#rows.all())
  }

  /** Writes a log of these rows and puts it in the place of the old one. */
  async #rewrite(log: Log, rows: readonly StoredRow[]): Promise<void> {
    const fresh = `${log.file}.new`
    const handle = await open(fresh, 'w', 0o600)
    const next: Log = { ...log, handle, bytes: 0 }
    try {
      await writeAll(next, rows)
      await rename(fresh, log.file)
    } catch (thrown) {
      await handle.close()
      throw thrown
    }
    const old = log.handle
    Object.assign(log, { handle, bytes: next.bytes, limit: limitOf(next.bytes), isUnclean: false })
    await old.close()
    try {
      await syncFolder(log.file)
    } catch (thrown) {
      // Which of the two logs a crash would leave is not known: whatever is there now is read anew.
      await this.#leave()
      throw thrown
    }
  }
}

function limitOf(bytes: number): number {
  return Math.max(SMALL_BYTES, bytes * 2)
}

async function openLog(path: string, rows: SortedRows): Promise<Log> {
  await mkdir(dirname(path), { recursive: true })
  const file = await realpathOf(path)
  const release = lockFile(file)
  try {
    return await readInto(rows, { file, release })
  } catch (thrown) {
    release()
    throw thrown
  }
}

/** Two ways to one file must meet in one lock. */
async function realpathOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (thrown) {
    if (!hasCode(thrown, 'ENOENT')) throw thrown
    return join(await realpath(dirname(path)), basename(path))
  }
}

async function readInto(rows: SortedRows, place: Pick<Log, 'file' | 'release'>): Promise<Log> {
  const { file } = place
  const handle = await open(file, constants.O_RDWR | constants.O_CREAT, 0o600)
  try {
    rows.clear()
    const bytes = await readFile(handle)
    const { kind, goodBytes, isDamaged } = readLog(bytes, (changes) => rows.apply(changes))
    if (kind === 'foreign')
      throw new TidingsError('INVALID_INPUT', `${file} is no file of a Tidings client.`)
    if (kind === 'newer')
      throw new TidingsError('UNSUPPORTED_VERSION', `A newer version has written ${file}.`)
    if (isDamaged) await copyFile(file, `${file}.damaged`)
    const isUnclean = goodBytes < bytes.length
    const log: Log = { ...place, handle, bytes: goodBytes, limit: limitOf(goodBytes), isUnclean }
    if (goodBytes === 0) {
      await append(log, LOG_START)
      await syncFolder(file)
    }
    return log
  } catch (thrown) {
    await handle.close()
    throw thrown
  }
}

/** Not by the system's own appending: what a failed write has left is overwritten, never built upon. */
async function append(log: Log, record: Buffer): Promise<void> {
  if (log.isUnclean) await log.handle.truncate(log.bytes)
  log.isUnclean = true
  await writeFully(log, record)
  await log.handle.datasync()
  log.isUnclean = false
  log.bytes += record.length
}

async function writeFully({ handle, bytes }: Log, record: Buffer): Promise<void> {
  for (let done = 0; done < record.length;) {
    const { bytesWritten } = await handle.write(record, done, record.length - done, bytes + done)
    done += bytesWritten
  }
}

async function writeAll(log: Log, rows: readonly StoredRow[]): Promise<void> {
  const write = async (record: Buffer): Promise<void> => {
    await writeFully(log, record)
    log.bytes += record.length
  }
  await write(LOG_START)
  for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
    const chunk = rows.slice(start, start + CHUNK_ROWS)
    await write(toRecord(chunk.map((row) => ({ kind: 'put', ...row }))))
  }
  await log.handle.datasync()
}

/** A new name is durable only when its folder is. Windows has no such thing. */
async function syncFolder(file: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(dirname(file), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
