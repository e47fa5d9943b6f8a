import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { inject } from 'vitest'

const isInstalled = spawnSync('tmux', ['-V']).status === 0
const isRequired = process.env['REQUIRE_TMUX'] === '1'

/** Why tests in a real terminal cannot run here; undefined when they can, or must. */
export const noTmux =
  isInstalled || isRequired
    ? undefined
    : 'tmux is not installed: tests in a real terminal are skipped'

/** How often a screen is looked at, and how long a change may take on a busy machine. */
const LOOK_MS = 40
const PATIENCE_MS = 30_000

export interface TerminalOptions {
  readonly columns: number
  readonly rows: number
  /** Run by a shell in the terminal. */
  readonly command: string
  readonly env: Readonly<Record<string, string>>
}

/** A real terminal. */
export interface Terminal {
  /** Keys by tmux's names, or literal text. */
  press(...keys: readonly string[]): Promise<void>
  type(text: string): Promise<void>
  /** The screen as text. */
  screen(): Promise<string>
  /** The screen once it fits; fails with what it showed instead. */
  until(fits: RegExp | ((screen: string) => boolean)): Promise<string>
  /** Presses a key until the screen fits, as a user does who scrolls on while more is fetched. */
  pressUntil(key: string, fits: RegExp): Promise<string>
  /** The screen and what has left it at the top. */
  history(): Promise<string>
  /** The screen with its colours. */
  colours(): Promise<string>
  resize(columns: number, rows: number): Promise<void>
  /** What tmux knows of the pane, as `#{…}`. */
  ask(format: string): Promise<string>
}

/** The terminals of a test file, under a tmux server of their own. */
export interface Terminals extends AsyncDisposable {
  open(options: TerminalOptions): Promise<Terminal>
}

/** Starts nothing until the first terminal. */
export function openTerminals(): Terminals {
  const folder = mkdtempSync(join(inject('runFolder'), 'tmux-'))
  const tmux = async (...args: readonly string[]): Promise<string> => {
    const all = ['-S', join(folder, 'socket'), '-f', '/dev/null', ...args]
    // Only what a test gives: CI and the like change what programs show.
    const env = {
      PATH: process.env['PATH'] ?? '',
      TERM: 'xterm-256color',
      LANG: 'C.UTF-8',
      HOME: folder,
    }
    return (await promisify(execFile)('tmux', all, { env })).stdout
  }
  let count = 0
  return {
    async open({ columns, rows, command, env }) {
      count += 1
      const pane = `terminal-${count}`
      const variables = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`])
      const size = ['-x', String(columns), '-y', String(rows)]
      await tmux('new-session', '-d', '-s', pane, ...size, ...variables, 'sh', '-c', command)
      await tmux('set-option', '-t', pane, 'remain-on-exit', 'on')
      return terminalOf(tmux, pane)
    },
    async [Symbol.asyncDispose]() {
      if (count > 0) await tmux('kill-server').catch(() => undefined)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

type Tmux = (...args: readonly string[]) => Promise<string>

function terminalOf(tmux: Tmux, pane: string): Terminal {
  const screen = (): Promise<string> => tmux('capture-pane', '-p', '-t', pane)
  const press = async (...keys: readonly string[]): Promise<void> =>
    void (await tmux('send-keys', '-t', pane, ...keys))
  return {
    screen,
    press,
    until: (fits) => lookUntil(screen, fits),
    pressUntil: (key, fits) => lookUntil(screen, fits, () => press(key)),
    history: () => tmux('capture-pane', '-p', '-S', '-', '-t', pane),
    colours: () => tmux('capture-pane', '-p', '-e', '-t', pane),
    type: async (text) => void (await tmux('send-keys', '-t', pane, '-l', text)),
    resize: async (columns, rows) =>
      void (await tmux('resize-window', '-t', pane, '-x', String(columns), '-y', String(rows))),
    ask: async (format) => (await tmux('display-message', '-p', '-t', pane, format)).trim(),
  }
}

/** Looks at a screen again and again, and does something in between, until it fits. */
async function lookUntil(
  screen: () => Promise<string>,
  fits: RegExp | ((screen: string) => boolean),
  between?: () => Promise<void>,
): Promise<string> {
  const isFit = typeof fits === 'function' ? fits : (shown: string) => fits.test(shown)
  const end = Date.now() + PATIENCE_MS
  for (;;) {
    const shown = await screen()
    if (isFit(shown)) return shown
    if (Date.now() > end) throw new Error(`the screen never showed ${String(fits)}:\n${shown}`)
    await between?.()
    await pause(LOOK_MS)
  }
}
