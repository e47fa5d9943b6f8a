import { Box, Text, useCursor } from 'ink'
import { createElement, useSyncExternalStore, type ReactElement } from 'react'
import type { Desk } from './desk.ts'
import { frameOf } from './frame.ts'
import type { Line, Piece, Style } from './piece.ts'

interface Look {
  readonly color?: string
  readonly bold?: boolean
  readonly dimColor?: boolean
}

/** How each style looks. Without colours `dim` and `bold` remain. */
const LOOKS: Readonly<Record<Style, Look>> = {
  plain: {},
  dim: { dimColor: true },
  bold: { bold: true },
  name: { color: 'cyan' },
  own: { color: 'green' },
  read: { color: 'cyan', bold: true },
  good: { color: 'green' },
  warning: { color: 'yellow' },
  bad: { color: 'red' },
  chosen: { color: 'cyan', bold: true },
}

/** The whole screen, for ink to draw. */
export function appOf(desk: Desk): ReactElement {
  return createElement(App, { desk })
}

function App({ desk }: { readonly desk: Desk }): ReactElement {
  const state = useSyncExternalStore(
    (listener) => desk.subscribe(listener),
    () => desk.get(),
  )
  const { lines, cursor } = frameOf(state)
  const { setCursorPosition } = useCursor()
  setCursorPosition(cursor)
  const { isColoured } = state
  const rows = lines.map((line, key) => createElement(Row, { key, line, isColoured }))
  return createElement(Box, { flexDirection: 'column' }, rows)
}

interface RowProps {
  readonly line: Line
  readonly isColoured: boolean
}

function Row({ line, isColoured }: RowProps): ReactElement {
  // An empty text would take no row.
  const parts =
    line.length === 0 ? ' ' : line.map((piece, key) => partOf(piece, { key, isColoured }))
  return createElement(Text, { wrap: 'truncate' }, parts)
}

function partOf(
  { text, style }: Piece,
  { key, isColoured }: { readonly key: number; readonly isColoured: boolean },
): ReactElement {
  const { color, ...look } = LOOKS[style]
  const colour = isColoured && color !== undefined ? { color } : {}
  return createElement(Text, { key, ...look, ...colour }, text)
}
