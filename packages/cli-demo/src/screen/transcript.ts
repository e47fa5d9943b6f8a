import type { MessageItem, NoKinds } from '@tidings/sdk'
import { bodyWords } from '../words/message-words.ts'
import { safeLine } from '../words/safe-text.ts'
import { dayOf, timeOf } from '../words/times.ts'
import { dim, plain, type Line, type Piece } from './piece.ts'
import { fit, widthOf, wrap } from './width.ts'

type Item = MessageItem<NoKinds>

/** A line of the messages' part of the screen, and which message it belongs to. */
export interface TranscriptLine {
  /** The message's key; undefined for what stands between messages. */
  readonly key: string
  readonly pieces: Line
}

export interface TranscriptOptions {
  readonly columns: number
  readonly userId: string | undefined
  /** Safe to show. */
  readonly nameOf: (userId: string) => string
  /** The newest seq that was read when the conversation was opened: what follows is marked as new. */
  readonly readSeq: number | undefined
  /** Numbers instead of times: one names a message by its number. */
  readonly showsNumbers: boolean
  /** Without colours a read message says so in words. */
  readonly isColoured: boolean
}

const MOST_NAME_COLUMNS = 12
const TIME_COLUMNS = 5

/** The messages as lines, oldest first. */
export function transcriptOf(
  items: readonly Item[],
  options: TranscriptOptions,
): readonly TranscriptLine[] {
  const lines: TranscriptLine[] = []
  const nameColumns = nameColumnsOf(items, options)
  let day: string | undefined
  let sender: string | undefined
  let isMarked = options.readSeq === undefined
  for (const item of items) {
    const itsDay = dayOf(item.createdAt)
    const isNew = item.state === 'received' && (item.seq ?? 0) > (options.readSeq ?? 0)
    if (itsDay !== day) lines.push(rule(item.key, itsDay, options.columns))
    if (!isMarked && isNew) lines.push(rule(item.key, 'new', options.columns))
    const isContinued = itsDay === day && sender === item.senderId && (isMarked || !isNew)
    lines.push(...linesOf(item, isContinued, { ...options, nameColumns }))
    if (isNew) isMarked = true
    day = itsDay
    sender = item.senderId
  }
  return lines
}

/** As many as the longest name takes, within reason. */
function nameColumnsOf(
  items: readonly Item[],
  { columns, userId, nameOf }: TranscriptOptions,
): number {
  const senders = new Set(items.map(({ senderId }) => senderId))
  const widths = [...senders].map((id) => (id === userId ? 3 : widthOf(nameOf(id))))
  return Math.min(Math.max(3, ...widths), MOST_NAME_COLUMNS, Math.floor(columns / 5))
}

/** {@link TranscriptOptions}, and how wide the names are. */
interface DrawOptions extends TranscriptOptions {
  readonly nameColumns: number
}

function rule(key: string, title: string, columns: number): TranscriptLine {
  const side = '─'.repeat(Math.max(2, Math.floor((columns - widthOf(title) - 2) / 2)))
  const style = title === 'new' ? 'warning' : 'dim'
  return { key, pieces: [{ text: `${side} ${title} ${side}`, style }] }
}

interface Drawn {
  readonly how: string
  readonly lines: readonly TranscriptLine[]
}

/** The lines of messages as they were drawn last: one key changes one line of a thousand messages. */
const drawn = new WeakMap<Item, Drawn>()

function linesOf(
  item: Item,
  isContinued: boolean,
  options: DrawOptions,
): readonly TranscriptLine[] {
  const { columns, nameColumns, userId, nameOf, isColoured, showsNumbers } = options
  const name = isContinued ? '' : item.senderId === userId ? 'you' : nameOf(item.senderId)
  const how = [
    columns,
    nameColumns,
    name,
    item.senderId === userId,
    isColoured,
    showsNumbers,
  ].join()
  const known = drawn.get(item)
  if (known?.how === how) return known.lines
  const lines = draw(item, name, options)
  drawn.set(item, { how, lines })
  return lines
}

/** When, who, what, and how far it has got, behind the last word. */
function draw(item: Item, sender: string, options: DrawOptions): readonly TranscriptLine[] {
  const { columns, nameColumns, userId, isColoured, showsNumbers } = options
  const isOwn = item.senderId === userId
  const indent = TIME_COLUMNS + 2 + nameColumns + 2
  const head: Line = [
    dim(
      `${showsNumbers ? String(item.seq ?? '').padStart(TIME_COLUMNS) : timeOf(item.createdAt)}  `,
    ),
    { text: `${fit(sender, nameColumns)}  `, style: isOwn ? 'own' : 'name' },
  ]
  const space = columns - indent
  const style = item.body.kind === 'text' ? 'plain' : 'dim'
  const body = wrap(bodyWords(item.body), space).map((text): Line => [{ text, style }])
  const lines = [...withTail(body, tailOf(item, isColoured), space), ...failureOf(item, space)]
  return lines.map((line, index) => ({
    key: item.key,
    pieces: [...(index === 0 ? head : [plain(' '.repeat(indent))]), ...line],
  }))
}

/** Behind the last word, or on a line of its own rather than breaking it. */
function withTail(lines: readonly Line[], tail: Line, space: number): readonly Line[] {
  const last = lines.at(-1) ?? []
  const width = [...last, ...tail].reduce((sum, { text }) => sum + widthOf(text), 0)
  if (tail.length === 0) return lines
  if (width + tail.length <= space)
    return [...lines.slice(0, -1), [...last, ...tail.flatMap((piece) => [plain(' '), piece])]]
  return [...lines, tail.flatMap((piece, index) => (index === 0 ? [piece] : [plain(' '), piece]))]
}

function failureOf({ state, error }: Item, space: number): readonly Line[] {
  if (state !== 'failed') return []
  const why = `not sent: ${safeLine(error?.message ?? 'refused')} /retry or /discard`
  return wrap(why, space).map((text): Line => [{ text, style: 'bad' }])
}

function tailOf(item: Item, isColoured: boolean): readonly Piece[] {
  const { editedAt, pending, body } = item
  const pieces: Piece[] = []
  if (editedAt !== null && body.kind !== 'deleted') pieces.push(dim('(changed)'))
  if (pending) pieces.push(dim('◌'))
  else pieces.push(...tickOf(item, isColoured))
  return pieces
}

/** ◌ waits here, ✓ on the server, ✓✓ with everybody, coloured when everybody has read it. */
function tickOf({ state, body }: Item, isColoured: boolean): readonly Piece[] {
  if (body.kind === 'deleted') return []
  switch (state) {
    case 'received':
      return []
    case 'queued':
    case 'sending':
      return [dim('◌')]
    case 'sent':
      return [dim('✓')]
    case 'delivered':
      return [dim('✓✓')]
    case 'read':
      return [{ text: isColoured ? '✓✓' : '✓✓ read', style: 'read' }]
    case 'failed':
      return [{ text: '✗', style: 'bad' }]
  }
}

/** Which part of the lines is shown. */
export interface Window {
  readonly lines: readonly TranscriptLine[]
  /** Lines below it; 0 while the newest message is shown. */
  readonly below: number
  /** True when there is nothing above it. */
  readonly isAtTop: boolean
}

/** A place in the transcript that stays when lines come before or after it. */
export interface Anchor {
  readonly key: string
  /** Which of the message's lines, from 0. */
  readonly part: number
}

/** The window whose last line is the anchor's, or the newest without one. */
export function windowAt(
  lines: readonly TranscriptLine[],
  rows: number,
  anchor: Anchor | undefined,
): Window {
  const end = endOf(lines, rows, anchor)
  const start = Math.max(0, end - rows)
  return { lines: lines.slice(start, end), below: lines.length - end, isAtTop: start === 0 }
}

/** The anchor after scrolling by so many lines; undefined at the newest message. */
export function scroll(
  lines: readonly TranscriptLine[],
  {
    rows,
    anchor,
    by,
  }: { readonly rows: number; readonly anchor: Anchor | undefined; readonly by: number },
): Anchor | undefined {
  const end = Math.max(
    Math.min(rows, lines.length),
    Math.min(lines.length, endOf(lines, rows, anchor) + by),
  )
  const line = lines[end - 1]
  if (end >= lines.length || line === undefined) return undefined
  return { key: line.key, part: end - 1 - lines.findIndex(({ key }) => key === line.key) }
}

function endOf(lines: readonly TranscriptLine[], rows: number, anchor: Anchor | undefined): number {
  if (anchor === undefined) return lines.length
  const first = lines.findIndex(({ key }) => key === anchor.key)
  // The message is not there any more.
  if (first === -1) return lines.length
  const last = lines.findLastIndex(({ key }) => key === anchor.key)
  return Math.max(Math.min(rows, lines.length), Math.min(last, first + anchor.part) + 1)
}
