import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { TidingsError } from '@tidings/protocol/wire'
import { hasCode } from './file-errors.ts'

/** Who holds a lock. */
interface Holder {
  readonly pid: number
  /** When that process began, as far as the system tells: process numbers are used again. */
  readonly began: string | undefined
}

/**
 * Takes `<file>.lock` for this process and answers how to give it back. A lock whose process is gone is taken over.
 * Everything in here is synchronous, so that within a process nothing comes in between.
 *
 * @throws TidingsError UNAVAILABLE when a process, also this one, has it
 */
export function lockFile(file: string): () => void {
  const lock = `${file}.lock`
  const own = `${lock}.${randomUUID()}`
  const mine = JSON.stringify({ pid: process.pid, began: beginningOf(process.pid) })
  // Written in full before it gets its name: nobody can find a lock that does not say whose it is.
  writeFileSync(own, mine, { flag: 'wx', mode: 0o600 })
  try {
    while (!takeName(own, lock)) removeStale(lock, `${own}.stale`, file)
  } finally {
    rmSync(own, { force: true })
  }
  return () => {
    if (read(lock) === mine) rmSync(lock, { force: true })
  }
}

function takeName(own: string, lock: string): boolean {
  try {
    linkSync(own, lock)
    return true
  } catch (thrown) {
    if (hasCode(thrown, 'EEXIST')) return false
    throw thrown
  }
}

function removeStale(lock: string, aside: string, file: string): void {
  const found = read(lock)
  if (found === undefined) return
  if (isAlive(found)) {
    const message = `${file} is in use: one file serves one client at a time.`
    throw new TidingsError('UNAVAILABLE', message)
  }
  try {
    renameSync(lock, aside)
  } catch (thrown) {
    if (hasCode(thrown, 'ENOENT')) return
    throw thrown
  }
  // Somebody else was quicker, and it is his fresh lock that was moved: he gets it back.
  if (read(aside) !== found) takeName(aside, lock)
  rmSync(aside, { force: true })
}

function read(lock: string): string | undefined {
  try {
    return readFileSync(lock, 'utf8')
  } catch (thrown) {
    if (hasCode(thrown, 'ENOENT')) return undefined
    throw thrown
  }
}

function isAlive(text: string): boolean {
  const holder = toHolder(text)
  // After a loss of power the name may be there and its content not.
  if (holder === undefined) return false
  try {
    process.kill(holder.pid, 0)
  } catch (thrown) {
    if (hasCode(thrown, 'ESRCH')) return false
  }
  const began = beginningOf(holder.pid)
  return began === undefined || holder.began === undefined || began === holder.began
}

function toHolder(text: string): Holder | undefined {
  const found = /^\{"pid":([1-9]\d*)(?:,"began":"(\d+)")?\}$/.exec(text)
  return found === null ? undefined : { pid: Number(found[1]), began: found[2] }
}

/** In ticks since the machine was started; only Linux says so in a file. */
function beginningOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name of the program stands in parentheses and may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}
