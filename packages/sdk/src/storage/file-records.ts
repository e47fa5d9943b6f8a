import { Buffer } from 'node:buffer'
import { crc32 } from 'node:zlib'
import { isRecord } from '../record.ts'
import type { StorageChange } from '../storage.ts'

/** The first line: what this is, and how it is written. */
const HEADER = { tidings: 'client', version: 1 }

const NEWLINE = 10

/** How a log begins. */
export const LOG_START: Buffer = toLine(HEADER)

/** What can be read of a log. */
export interface LogContent {
  /** `foreign`: something else. `newer`: written by a later version of this package. */
  readonly kind: 'log' | 'foreign' | 'newer'
  /** Up to here every line is whole. */
  readonly goodBytes: number
  /** Whole lines follow one that is not: no crash does that. */
  readonly isDamaged: boolean
}

/** One batch as a line of the log, `<crc32> <json>`: whole and right, or not there. */
export function toRecord(changes: readonly StorageChange[]): Buffer {
  return toLine(changes.map(toEntry))
}

/** Hands out the batches of a log in order, up to the first line that is not whole. */
export function readLog(
  bytes: Buffer,
  onBatch: (changes: readonly StorageChange[]) => void,
): LogContent {
  const answer = (kind: LogContent['kind'], goodBytes: number): LogContent => ({
    ...{ kind, goodBytes },
    isDamaged: kind === 'log' && hasWholeLine(bytes, goodBytes),
  })
  let place = 0
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, place)) {
    const content = readLine(bytes.subarray(place, end))
    if (place === 0) {
      if (!isRecord(content) || content['tidings'] !== HEADER.tidings) return answer('foreign', 0)
      if (content['version'] !== HEADER.version) return answer('newer', 0)
    } else if (!Array.isArray(content)) return answer('log', place)
    else onBatch(content.flatMap(toChange))
    place = end + 1
  }
  // The very first write was cut short.
  const isBegun = place > 0 || LOG_START.subarray(0, bytes.length).equals(bytes)
  return answer(isBegun ? 'log' : 'foreign', place)
}

function toLine(content: unknown): Buffer {
  const json = Buffer.from(JSON.stringify(content))
  return Buffer.concat([Buffer.from(`${checksum(json)} `), json, Buffer.from([NEWLINE])])
}

/** What a line says; undefined when it is not whole. */
function readLine(line: Buffer): unknown {
  const json = line.subarray(9)
  if (line.toString('latin1', 0, 9) !== `${checksum(json)} `) return undefined
  const content: unknown = JSON.parse(json.toString())
  return content
}

/** After the first line from here, which is not whole. */
function hasWholeLine(bytes: Buffer, from: number): boolean {
  let place = bytes.indexOf(NEWLINE, from) + 1
  for (let end = place; place > 0 && end !== -1; place = end + 1) {
    end = bytes.indexOf(NEWLINE, place)
    if (end !== -1 && readLine(bytes.subarray(place, end)) !== undefined) return true
  }
  return false
}

function checksum(json: Buffer): string {
  return crc32(json).toString(16).padStart(8, '0')
}

/** Short, since there is one for every row that is kept. */
function toEntry(change: StorageChange): readonly unknown[] {
  switch (change.kind) {
    case 'put':
      return ['p', change.key, change.value]
    case 'replace':
      return ['c', change.key, change.value]
    case 'delete':
      return ['d', change.key]
    case 'deleteRange':
      return ['r', change.from, change.to]
  }
}

function toChange(entry: unknown): StorageChange[] {
  const list: readonly unknown[] = Array.isArray(entry) ? entry : []
  const [kind, key, value] = list
  if (typeof key !== 'string') return []
  if (kind === 'p') return [{ kind: 'put', key, value }]
  if (kind === 'c') return [{ kind: 'replace', key, value }]
  if (kind === 'd') return [{ kind: 'delete', key }]
  return typeof value === 'string' ? [{ kind: 'deleteRange', from: key, to: value }] : []
}
