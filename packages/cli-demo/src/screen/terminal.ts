import type { ReadStream, WriteStream } from 'node:tty'
import type { ReactElement } from 'react'
import { KeyReader, type Key } from './keys.ts'
import type { Size } from './desk-state.ts'

/** The other screen, where nothing of what was there before is lost; pasted text is marked; the window's focus is told. */
const ENTER = '\u001B[?1049h\u001B[?2004h\u001B[?1004h\u001B[2J\u001B[H'
const LEAVE = '\u001B[?1004l\u001B[?2004l\u001B[?1049l\u001B[?25h'
const CLEAR = '\u001B[2J\u001B[H'

/** ESC alone is the key when nothing has followed for so long: what terminals send behind it comes at once. */
const ESCAPE_MS = 50

export interface Terminal {
  readonly stdin: ReadStream
  readonly stdout: WriteStream
}

export interface TerminalListeners {
  readonly onKey: (key: Key) => void
  readonly onResize: (size: Size) => void
}

/** A terminal that shows an app. */
export interface Shown {
  redraw(): void
  /** Gives the terminal back as it was. */
  leave(): void
}

/** The size; a terminal that does not know it is an old one. */
export function sizeOf({ columns, rows }: WriteStream): Size {
  return { columns: columns > 0 ? columns : 80, rows: rows > 0 ? rows : 24 }
}

/**
 * To be called before ink is loaded, which looks at these once: where CI is set, as some have it in their shells, it draws
 * nothing or no colours, and without `production` React is the slow one for developers.
 */
export function prepareInk(): void {
  delete process.env['CI']
  delete process.env['CONTINUOUS_INTEGRATION']
  process.env['NODE_ENV'] ??= 'production'
}

/** Takes the terminal over and draws the app on it until it is left. */
export async function takeOver(
  terminal: Terminal,
  app: ReactElement,
  { onKey, onResize }: TerminalListeners,
): Promise<Shown> {
  const { stdin, stdout } = terminal
  const { render } = await import('ink')
  stdout.write(ENTER)
  const stopReading = readKeys(stdin, onKey)
  const ink = render(app, { stdin, stdout, exitOnCtrlC: false })
  const redraw = (): void => {
    // Ink moves relative to where it thinks that it is: after this it begins at the top.
    ink.clear()
    stdout.write(CLEAR)
    onResize(sizeOf(stdout))
  }
  // Before ink's own listener, which would draw the old size on the new screen.
  stdout.prependListener('resize', redraw)
  const leave = (): void => {
    process.off('exit', leave)
    stdout.off('resize', redraw)
    ink.unmount()
    stopReading()
    stdout.write(LEAVE)
  }
  // A defect ends the process from within: its report must be read on the screen that stays.
  process.on('exit', leave)
  return { redraw, leave }
}

/** Hands on every key; answers how to stop. */
function readKeys(stdin: ReadStream, onKey: (key: Key) => void): () => void {
  const reader = new KeyReader()
  let timer: ReturnType<typeof setTimeout> | undefined
  const read = (chunk: Uint8Array): void => {
    clearTimeout(timer)
    for (const key of reader.read(chunk)) onKey(key)
    if (reader.isWaiting) timer = setTimeout(() => reader.settle().forEach(onKey), ESCAPE_MS)
  }
  stdin.setRawMode(true)
  stdin.on('data', read)
  stdin.resume()
  return () => {
    clearTimeout(timer)
    stdin.off('data', read)
    stdin.setRawMode(false)
    stdin.pause()
  }
}
