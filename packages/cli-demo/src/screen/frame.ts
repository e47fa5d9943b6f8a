import { titleOf } from '../words/conversation-words.ts'
import { safeLine } from '../words/safe-text.ts'
import { dayOf, timeOf } from '../words/times.ts'
import type { Conversation, DeskState } from './desk-state.ts'
import { layOut } from './editor.ts'
import { listOf } from './list.ts'
import { dim, plain, type Line, type Piece } from './piece.ts'
import { transcriptOf, windowAt, type TranscriptLine } from './transcript.ts'
import { truncate, widthOf, wrap } from './width.ts'

/** The screen as lines of pieces. */
export interface Frame {
  readonly lines: readonly Line[]
  readonly cursor: { readonly x: number; readonly y: number }
}

/** How the screen is divided. */
export interface Measures {
  /** 0: too narrow for a list. */
  readonly listColumns: number
  readonly columns: number
  /** Of the messages. */
  readonly rows: number
  readonly inputColumns: number
  readonly inputRows: number
  readonly hasHint: boolean
}

const PROMPT = '› '
const MOST_INPUT_ROWS = 6

/** Divides the screen; the last row stays empty, so that writing never makes the terminal scroll. */
export function measure({ size, draft }: Pick<DeskState, 'size' | 'draft'>): Measures {
  const { columns: all, rows } = size
  const listColumns = all < 50 ? 0 : Math.min(28, Math.floor(all * 0.3))
  const columns = listColumns === 0 ? all : all - listColumns - 1
  const inputColumns = Math.max(1, columns - widthOf(PROMPT))
  const hasHint = rows >= 20
  const lines = layOut(draft, inputColumns).lines.length
  const inputRows = Math.max(1, Math.min(lines, MOST_INPUT_ROWS, Math.floor(rows / 3)))
  // Beside the title, its rule, the status, the rule of the input, and the empty last row.
  const others = 5 + inputRows + (hasHint ? 1 : 0)
  return {
    listColumns,
    columns,
    rows: Math.max(1, rows - others),
    inputColumns,
    inputRows,
    hasHint,
  }
}

/** The lines of all messages that are here. */
export function transcript(state: DeskState, { columns }: Measures): readonly TranscriptLine[] {
  const { messages, user, nameOf, readSeq, isColoured, showsNumbers } = state
  return transcriptOf(messages?.items ?? [], {
    ...{ columns, nameOf, readSeq, isColoured, showsNumbers },
    userId: user?.id,
  })
}

/** Draws the screen. */
export function frameOf(state: DeskState): Frame {
  const measures = measure(state)
  const { listColumns, columns, rows } = measures
  const window = windowAt(transcript(state, measures), rows, state.anchor)
  const input = inputOf(state, measures)
  const body =
    state.sheet === undefined ? bodyOf(state, window, measures) : sheetOf(state.sheet, measures)
  const rule: Line = [dim('─'.repeat(columns))]
  const main: Line[] = [
    titleLine(state, columns),
    rule,
    ...body,
    statusLine(state, window.below, columns),
    rule,
    ...input.lines,
    ...(measures.hasHint ? [[dim(truncate(hintOf(state), columns))]] : []),
  ]
  const cursor = {
    y: 2 + rows + 2 + input.row,
    x: input.column + (listColumns === 0 ? 0 : listColumns + 1),
  }
  if (listColumns === 0) return { lines: main, cursor }
  const list = listOf(state, { columns: listColumns, rows: main.length })
  const border = (row: number): Piece => dim(row === 1 ? '┼' : row === rows + 3 ? '├' : '│')
  return { lines: main.map((line, row) => [...(list[row] ?? []), border(row), ...line]), cursor }
}

function titleLine(state: DeskState, columns: number): Line {
  const connection = connectionPiece(state)
  const chosen = chosenOf(state)
  const about =
    chosen === undefined ? plain(state.chosenId === undefined ? 'Tidings' : '…') : undefined
  const left = columns - widthOf(connection.text) - 1
  const pieces =
    about === undefined && chosen !== undefined ? aboutOf(chosen, state) : [about ?? plain('')]
  return [...cutPieces(pieces, left), connection]
}

/** The pieces in exactly so many columns. */
function cutPieces(pieces: readonly Piece[], columns: number): Line {
  const line: Piece[] = []
  let left = columns
  for (const { text, style } of pieces) {
    const shown = truncate(text, left)
    line.push({ text: shown, style })
    left -= widthOf(shown)
  }
  return [...line, plain(' '.repeat(Math.max(0, left) + 1))]
}

function aboutOf(conversation: Conversation, { presenceOf }: DeskState): readonly Piece[] {
  const title: Piece = { text: titleOf(conversation), style: 'bold' }
  const { peer, memberCount } = conversation
  if (peer === null) return [title, dim(`  ${memberCount} member${memberCount === 1 ? '' : 's'}`)]
  const presence = presenceOf(peer.id)
  if (presence === undefined) return [title]
  if (presence.online) return [title, { text: ' ●', style: 'good' }, dim(' here')]
  return [
    title,
    dim(` ○ ${presence.lastSeenAt === null ? 'away' : `last seen ${seenAt(presence.lastSeenAt)}`}`),
  ]
}

function seenAt(ms: number): string {
  return dayOf(ms) === dayOf(Date.now()) ? timeOf(ms) : dayOf(ms)
}

function connectionPiece({ connection, user }: DeskState): Piece {
  switch (connection.state) {
    case 'connected':
      return {
        text: user === undefined ? 'connected' : `${safeLine(user.username)} ●`,
        style: 'good',
      }
    case 'connecting': {
      const seconds = Math.ceil(connection.retryInMs / 1000)
      return {
        text: seconds > 0 ? `no connection, again in ${seconds} s` : 'connecting …',
        style: 'warning',
      }
    }
    case 'disconnected':
      return {
        text: connection.reason === 'idle' ? 'connecting …' : 'disconnected',
        style: 'warning',
      }
  }
}

/** The conversation that is shown, when it is known. */
export function chosenOf({
  conversations,
  chosenId,
}: Pick<DeskState, 'conversations' | 'chosenId'>): Conversation | undefined {
  return conversations.find(({ id }) => id === chosenId)
}

function bodyOf(
  state: DeskState,
  window: ReturnType<typeof windowAt>,
  { columns, rows }: Measures,
): readonly Line[] {
  const lines = window.lines.map(({ pieces }) => pieces)
  const missing = rows - lines.length
  if (missing <= 0) return lines
  const blank = Array.from({ length: missing }, (): Line => [])
  const said = emptyWords(state)
  if (lines.length > 0 || said === undefined) return [...blank, ...lines]
  return wrap(said, columns - 2)
    .map((text): Line => [dim(` ${text}`)])
    .concat(blank)
    .slice(0, rows)
}

function emptyWords({
  chosenId,
  messages,
  conversations,
  connection,
}: DeskState): string | undefined {
  if (chosenId === undefined) {
    if (conversations.length > 0) return 'Choose a conversation with Tab.'
    return connection.state === 'connected'
      ? 'Nobody here yet. Talk to somebody: /open @name'
      : 'Waiting for the server …'
  }
  return messages === undefined || messages.loading || connection.state !== 'connected'
    ? undefined
    : 'Nothing has been said here yet.'
}

function sheetOf(sheet: readonly string[], { columns, rows }: Measures): readonly Line[] {
  const lines = sheet.flatMap((text) => wrap(text, columns - 1)).slice(0, rows)
  return Array.from({ length: rows }, (_, row): Line => [plain(` ${lines[row] ?? ''}`)])
}

function statusLine(state: DeskState, below: number, columns: number): Line {
  const { note, editing, typing, messages } = state
  if (note !== undefined) return [{ ...note, text: truncate(note.text, columns) }]
  if (editing !== undefined)
    return [
      {
        text: truncate('changing a message · Enter saves · Esc leaves it', columns),
        style: 'warning',
      },
    ]
  if (below > 0)
    return [
      dim(truncate(`↓ ${below} more line${below === 1 ? '' : 's'} · Esc to the newest`, columns)),
    ]
  if (typing.length > 0) return [dim(truncate(typingWords(typing), columns))]
  if (messages?.error !== undefined)
    return [{ text: truncate(messages.error.message, columns), style: 'bad' }]
  return []
}

function typingWords(names: readonly string[]): string {
  const [first = '', second] = names
  if (second === undefined) return `${first} is typing …`
  return names.length === 2
    ? `${first} and ${second} are typing …`
    : `${names.length} people are typing …`
}

function hintOf({ sheet }: DeskState): string {
  if (sheet !== undefined) return 'arrows and PgDn look further · any other key goes back'
  return 'Enter sends · Tab next · PgUp older · /help · Ctrl-C leaves'
}

function inputOf(state: DeskState, { inputColumns, inputRows }: Measures) {
  const { lines, cursor } = layOut(state.draft, inputColumns)
  const first = Math.max(0, Math.min(cursor.line - inputRows + 1, lines.length - inputRows))
  const shown = lines.slice(first, first + inputRows)
  const prompt = (row: number): Piece =>
    first + row === 0 ? { text: PROMPT, style: 'bold' } : dim('  ')
  const placeholder = state.draft.characters.length === 0 && state.chosenId !== undefined
  return {
    row: cursor.line - first,
    column: widthOf(PROMPT) + cursor.column,
    lines: shown.map((text, row): Line => [
      prompt(row),
      placeholder ? dim('Write a message') : plain(text),
    ]),
  }
}
