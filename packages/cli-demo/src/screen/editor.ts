import { safeText } from '../words/safe-text.ts'
import { graphemesOf, widthOf } from './width.ts'

/** What is being written: characters as a reader counts them, and how many of them stand before the cursor. */
export interface Draft {
  readonly characters: readonly string[]
  readonly cursor: number
}

export const EMPTY_DRAFT: Draft = { characters: [], cursor: 0 }

export type Edit =
  | 'backspace'
  | 'delete'
  | 'left'
  | 'right'
  | 'wordLeft'
  | 'wordRight'
  | 'home'
  | 'end'
  | 'killWord'
  | 'killLine'
  | 'killRest'

/** A draft of this text, with the cursor at its end. */
export function draftOf(text: string): Draft {
  const characters = graphemesOf(text)
  return { characters, cursor: characters.length }
}

export function textOf({ characters }: Draft): string {
  return characters.join('')
}

/** Puts text in at the cursor. */
export function insert({ characters, cursor }: Draft, text: string): Draft {
  const before = characters.slice(0, cursor).join('') + text
  // A combining mark joins the character before it.
  const joined = graphemesOf(before)
  return { characters: [...joined, ...characters.slice(cursor)], cursor: joined.length }
}

/** Does one thing to a draft. */
export function edit(draft: Draft, what: Edit): Draft {
  const { characters, cursor } = draft
  const move = (to: number): Draft => ({
    characters,
    cursor: Math.max(0, Math.min(characters.length, to)),
  })
  switch (what) {
    case 'left':
      return move(cursor - 1)
    case 'right':
      return move(cursor + 1)
    case 'home':
      return move(lineStart(draft))
    case 'end':
      return move(lineEnd(draft))
    case 'wordLeft':
      return move(wordStart(draft))
    case 'wordRight':
      return move(wordEnd(draft))
    case 'backspace':
      return cut(draft, cursor - 1, cursor)
    case 'delete':
      return cut(draft, cursor, cursor + 1)
    case 'killWord':
      return cut(draft, wordStart(draft), cursor)
    case 'killLine':
      return cut(draft, lineStart(draft), cursor)
    case 'killRest':
      return cut(draft, cursor, lineEnd(draft))
  }
}

function cut({ characters }: Draft, from: number, to: number): Draft {
  const start = Math.max(0, from)
  return { characters: [...characters.slice(0, start), ...characters.slice(to)], cursor: start }
}

function lineStart({ characters, cursor }: Draft): number {
  return characters.slice(0, cursor).lastIndexOf('\n') + 1
}

function lineEnd({ characters, cursor }: Draft): number {
  const end = characters.indexOf('\n', cursor)
  return end === -1 ? characters.length : end
}

const isBlank = (character: string | undefined): boolean =>
  character === undefined || /\s/.test(character)

function wordStart({ characters, cursor }: Draft): number {
  let at = cursor
  while (at > 0 && isBlank(characters[at - 1])) at -= 1
  while (at > 0 && !isBlank(characters[at - 1])) at -= 1
  return at
}

function wordEnd({ characters, cursor }: Draft): number {
  let at = cursor
  while (at < characters.length && isBlank(characters[at])) at += 1
  while (at < characters.length && !isBlank(characters[at])) at += 1
  return at
}

interface Place {
  readonly line: number
  readonly column: number
}

/** A draft as it stands in a box of so many columns. */
export interface DraftLayout {
  readonly lines: readonly string[]
  readonly cursor: Place
}

/** Lines, and where each character stands, the one that is not there yet included. */
function place(
  { characters }: Draft,
  columns: number,
): { lines: readonly string[]; places: readonly Place[] } {
  const lines = ['']
  const places: Place[] = []
  let width = 0
  const newLine = (): void => {
    lines.push('')
    width = 0
  }
  for (const character of characters) {
    const shown = character === '\n' ? '' : safeText(character)
    const step = widthOf(shown)
    if (width + step > columns) newLine()
    places.push({ line: lines.length - 1, column: width })
    if (character === '\n') newLine()
    else lines[lines.length - 1] += shown
    width += step
  }
  if (width >= columns) newLine()
  places.push({ line: lines.length - 1, column: width })
  return { lines, places }
}

const ORIGIN: Place = { line: 0, column: 0 }

/** Breaks the draft wherever a line is full, so that a character never moves while others are typed behind it. */
export function layOut(draft: Draft, columns: number): DraftLayout {
  const { lines, places } = place(draft, columns)
  return { lines, cursor: places[draft.cursor] ?? ORIGIN }
}

/** The draft with the cursor a line further up or down; undefined when there is no such line. */
export function moveLine(draft: Draft, by: -1 | 1, columns: number): Draft | undefined {
  const { lines, places } = place(draft, columns)
  const { line, column } = places[draft.cursor] ?? ORIGIN
  const goal = line + by
  if (goal < 0 || goal >= lines.length) return undefined
  const cursor = places.findLastIndex((at) => at.line === goal && at.column <= column)
  return { ...draft, cursor }
}
