/** What somebody has done at the keyboard. */
export type Key =
  | { readonly kind: 'text'; readonly text: string }
  /** Pasted as a whole: line breaks in it are text. */
  | { readonly kind: 'paste'; readonly text: string }
  | { readonly kind: 'press'; readonly name: KeyName }
  /** The terminal's window has, or no longer has, the keyboard. */
  | { readonly kind: 'focus'; readonly isFocused: boolean }

export type KeyName =
  | 'enter'
  | 'newline'
  | 'backspace'
  | 'delete'
  | 'left'
  | 'right'
  | 'up'
  | 'down'
  | 'wordLeft'
  | 'wordRight'
  | 'home'
  | 'end'
  | 'pageUp'
  | 'pageDown'
  | 'next'
  | 'previous'
  | 'killWord'
  | 'killLine'
  | 'killRest'
  | 'escape'
  | 'quit'
  | 'endOfInput'
  | 'redraw'

/** Sequences behind ESC, as xterm, the Linux console, tmux and the VT220 send them. */
const SEQUENCES: ReadonlyMap<string, KeyName> = new Map([
  ...(['[A', 'OA'] as const).map((code) => [code, 'up'] as const),
  ...(['[B', 'OB'] as const).map((code) => [code, 'down'] as const),
  ...(['[C', 'OC'] as const).map((code) => [code, 'right'] as const),
  ...(['[D', 'OD'] as const).map((code) => [code, 'left'] as const),
  ...(['[H', 'OH', '[1~', '[7~'] as const).map((code) => [code, 'home'] as const),
  ...(['[F', 'OF', '[4~', '[8~'] as const).map((code) => [code, 'end'] as const),
  ...(['[1;5D', '[1;3D', 'b'] as const).map((code) => [code, 'wordLeft'] as const),
  ...(['[1;5C', '[1;3C', 'f'] as const).map((code) => [code, 'wordRight'] as const),
  ['[3~', 'delete'],
  ['[5~', 'pageUp'],
  ['[6~', 'pageDown'],
  ['[Z', 'previous'],
  ['\r', 'newline'],
  ['\n', 'newline'],
  ['\u007F', 'killWord'],
])

const CONTROLS: ReadonlyMap<string, KeyName> = new Map([
  ['\r', 'enter'],
  ['\n', 'newline'],
  ['\t', 'next'],
  ['\u007F', 'backspace'],
  ['\b', 'backspace'],
  ['\u0001', 'home'],
  ['\u0002', 'left'],
  ['\u0003', 'quit'],
  ['\u0004', 'endOfInput'],
  ['\u0005', 'end'],
  ['\u0006', 'right'],
  ['\u000B', 'killRest'],
  ['\u000C', 'redraw'],
  ['\u000E', 'next'],
  ['\u0010', 'previous'],
  ['\u0015', 'killLine'],
  ['\u0017', 'killWord'],
])

const PASTE_START = '\u001B[200~'
const PASTE_END = '\u001B[201~'
// oxlint-disable-next-line no-control-regex -- ESC is what terminals send
const ESCAPE_SEQUENCE = /^\u001B(\[[0-?]*[ -/]*[@-~]|O[@-~]|[\r\n\u007Fbf])/
// oxlint-disable-next-line no-control-regex -- the same, cut off
const BEGUN_SEQUENCE = /^\u001B(\[[0-?]*[ -/]*|O)?$/
// oxlint-disable-next-line no-control-regex -- what is not text
const PLAIN = /^[^\u0000-\u001F\u007F]+/

/** Reads what a terminal in raw mode sends. One call may bring several keys, or the first half of one. */
export class KeyReader {
  readonly #decoder = new TextDecoder()
  #rest = ''

  /** The keys that are complete by now. */
  read(chunk: Uint8Array): readonly Key[] {
    this.#rest += this.#decoder.decode(chunk, { stream: true })
    const keys: Key[] = []
    for (;;) {
      const key = this.#next()
      if (key === undefined) return keys
      if (key !== 'unknown') keys.push(key)
    }
  }

  /** True while ESC stands alone: the key, or the beginning of another one. Nothing but time tells. */
  get isWaiting(): boolean {
    return this.#rest === '\u001B'
  }

  /** Nothing came behind ESC: it was the key. */
  settle(): readonly Key[] {
    if (!this.isWaiting) return []
    this.#rest = ''
    return [{ kind: 'press', name: 'escape' }]
  }

  #next(): Key | 'unknown' | undefined {
    const rest = this.#rest
    if (rest === '') return undefined
    if (rest.startsWith(PASTE_START)) return this.#paste()
    const [text] = PLAIN.exec(rest) ?? []
    if (text !== undefined) return this.#take(text, { kind: 'text', text })
    if (rest.startsWith('\u001B')) return this.#sequence()
    const [control = ''] = rest
    const name = CONTROLS.get(control)
    return this.#take(control, name === undefined ? 'unknown' : { kind: 'press', name })
  }

  #sequence(): Key | 'unknown' | undefined {
    const rest = this.#rest
    const [whole, code = ''] = ESCAPE_SEQUENCE.exec(rest) ?? []
    if (whole !== undefined) {
      if (code === '[I' || code === '[O')
        return this.#take(whole, { kind: 'focus', isFocused: code === '[I' })
      const name = SEQUENCES.get(code)
      return this.#take(whole, name === undefined ? 'unknown' : { kind: 'press', name })
    }
    if (BEGUN_SEQUENCE.test(rest)) return undefined
    return this.#take('\u001B', { kind: 'press', name: 'escape' })
  }

  #paste(): Key | undefined {
    const end = this.#rest.indexOf(PASTE_END)
    if (end === -1) return undefined
    const text = this.#rest.slice(PASTE_START.length, end).replace(/\r\n?/g, '\n')
    this.#rest = this.#rest.slice(end + PASTE_END.length)
    return { kind: 'paste', text }
  }

  #take<Read>(whole: string, key: Read): Read {
    this.#rest = this.#rest.slice(whole.length)
    return key
  }
}
