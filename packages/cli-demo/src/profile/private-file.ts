import { randomUUID } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { Failure } from '../cli/failure.ts'

/** Nobody but the owner: what lies here lets its reader act as the user. */
const FOLDER_MODE = 0o700
const FILE_MODE = 0o600

/** Makes a folder that only its owner can look into; one that is there already is closed to others. */
export function makePrivateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: FOLDER_MODE })
  if ((statSync(path).mode & 0o777) !== FOLDER_MODE) chmodSync(path, FOLDER_MODE)
}

/**
 * The JSON in a file; undefined when there is no such file.
 * @throws Failure PROFILE when it cannot be read
 */
export function readPrivateFile(path: string): unknown {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return value
  } catch (thrown) {
    if (isMissing(thrown)) return undefined
    throw new Failure('PROFILE', `${path} cannot be read: ${messageOf(thrown)}`)
  }
}

/**
 * Replaces a file as a whole: a reader, also after a crash, sees the old content or the new one.
 * @throws Failure PROFILE
 */
export function writePrivateFile(path: string, value: unknown): void {
  const temporary = `${path}.${randomUUID()}`
  try {
    makePrivateFolder(dirname(path))
    const file = openSync(temporary, 'wx', FILE_MODE)
    try {
      writeSync(file, `${JSON.stringify(value)}\n`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, path)
  } catch (thrown) {
    rmSync(temporary, { force: true })
    throw new Failure('PROFILE', `${path} cannot be written: ${messageOf(thrown)}`)
  }
}

/** Removes a file or a folder; one that is not there is removed already. */
export function removePrivateFile(path: string): void {
  rmSync(path, { force: true, recursive: true })
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT'
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
