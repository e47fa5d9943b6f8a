import stringWidth from 'string-width'

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** What a reader sees as one character each. */
export function graphemesOf(text: string): readonly string[] {
  return [...graphemes.segment(text)].map(({ segment }) => segment)
}

const ASCII = /^[ -~]*$/

/** Columns of a terminal that a text takes. */
export function widthOf(text: string): number {
  // Most of what is written: telling the width of anything else takes a hundred times as long.
  return ASCII.test(text) ? text.length : stringWidth(text)
}

/** The text, or its beginning and `…`, in at most so many columns. */
export function truncate(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  if (columns <= 0) return ''
  let taken = ''
  let width = 0
  for (const grapheme of graphemesOf(text)) {
    const next = width + widthOf(grapheme)
    if (next > columns - 1) break
    taken += grapheme
    width = next
  }
  return `${taken}…`
}

/** The text in exactly so many columns. */
export function fit(text: string, columns: number): string {
  const shown = truncate(text, columns)
  return shown + ' '.repeat(Math.max(0, columns - widthOf(shown)))
}

/** Breaks text into lines of at most so many columns: at spaces, inside a word only when it is longer than a line. */
export function wrap(text: string, columns: number): readonly string[] {
  const width = Math.max(1, columns)
  return text.split('\n').flatMap((line) => wrapLine(line, width))
}

function wrapLine(line: string, columns: number): readonly string[] {
  const lines: string[] = []
  let current = ''
  let width = 0
  const push = (): void => {
    lines.push(current)
    current = ''
    width = 0
  }
  for (const word of line.split(/(?<= )(?=[^ ])/)) {
    const bare = widthOf(word.trimEnd())
    if (width > 0 && width + bare > columns) {
      current = current.trimEnd()
      push()
    }
    if (bare > columns) {
      for (const grapheme of graphemesOf(word)) {
        const step = widthOf(grapheme)
        if (width + step > columns) push()
        current += grapheme
        width += step
      }
    } else {
      current += word
      width += widthOf(word)
    }
  }
  // Blanks at the end may stand beyond the edge; they show nothing there.
  lines.push(width > columns ? current.trimEnd() : current)
  return lines
}
