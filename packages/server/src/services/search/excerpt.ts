import type { SearchExcerpt } from '@tidings/protocol/wire'
import type { TextRange } from './words.ts'

/** Of the text before the first place that was found, and of what follows it, in UTF-16 units. */
const BEFORE = 60
const AFTER = 180

/** The part of a text that shows what was found. Ranges are those of the excerpt. */
export function excerptOf(text: string, found: readonly TextRange[]): SearchExcerpt {
  const [first = { from: 0, to: 0 }] = found
  const from = atCharacter(text, Math.max(0, first.from - BEFORE))
  const to = atCharacter(text, Math.min(text.length, Math.max(first.to, first.from + AFTER)))
  const ranges = found
    .filter((range) => range.to <= to)
    .map((range) => ({ from: range.from - from, to: range.to - from }))
  return { text: text.slice(from, to), ranges, atStart: from === 0, atEnd: to === text.length }
}

/** No character is cut in two. */
function atCharacter(text: string, index: number): number {
  const code = text.charCodeAt(index)
  return code >= 0xdc00 && code <= 0xdfff ? index - 1 : index
}
