import type { TokenTest } from '../../db/token-query.ts'

/**
 * What of a text is searched: runs of letters and digits, folded, so that case, accents and forms make no difference. Ours
 * and not the engines', which would each find something else, and another thing in each version.
 */
interface Run {
  /** Folded characters, each with where it begins and ends in the text (UTF-16 units). */
  readonly characters: readonly FoldedCharacter[]
  /** Of a script that writes no spaces between words. */
  readonly isUnspaced: boolean
}

/** A character as it is compared, and where it stands in the text. */
interface FoldedCharacter {
  readonly folded: string
  readonly from: number
  readonly to: number
}

const WORD = /[\p{L}\p{N}\p{M}]+/gu
const IN_WORD = /[\p{L}\p{N}\p{M}]/u
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\u30FC]/u
// Accents are of no script of their own; vowel signs are of theirs.
const ACCENT = /\p{Script=Inherited}/u
// These make another letter of a kana.
const VOICING = /[\u3099\u309A]/
const HARMLESS = /^[\x20-\x7E]*$/

/** Characters of one token; longer words are found by their beginning. */
const TOKEN_LENGTH = 40

/** The runs of a text, in order. */
function runsOf(text: string): readonly Run[] {
  const runs: Run[] = []
  for (const match of text.matchAll(WORD)) {
    let characters: FoldedCharacter[] = []
    let wasUnspaced = false
    for (const character of foldedCharacters(match[0], match.index)) {
      const isUnspaced = UNSPACED.test(character.folded)
      if (isUnspaced !== wasUnspaced && characters.length > 0) {
        runs.push({ characters, isUnspaced: wasUnspaced })
        characters = []
      }
      wasUnspaced = isUnspaced
      characters.push(character)
    }
    if (characters.length > 0) runs.push({ characters, isUnspaced: wasUnspaced })
  }
  return runs
}

function foldedCharacters(word: string, start: number): readonly FoldedCharacter[] {
  const characters: FoldedCharacter[] = []
  const isPlain = HARMLESS.test(word)
  let from = start
  for (const character of word) {
    const to = from + character.length
    const folded = isPlain ? character.toLowerCase() : fold(character)
    const last = characters.at(-1)
    // An accent belongs to what it stands on.
    if (last !== undefined && (folded === '' || VOICING.test(folded)))
      characters[characters.length - 1] = { ...last, folded: voiced(last.folded, folded), to }
    else for (const one of folded) characters.push({ folded: one, from, to })
    from = to
  }
  return characters
}

/** Folding lower, upper, lower approximates Unicode's full case folding, as for names. */
function fold(character: string): string {
  const cased = character.normalize('NFKD').toLowerCase().toUpperCase().toLowerCase()
  const letters = Array.from(cased.normalize('NFKD'))
  // Some characters stand for others with brackets, dots or spaces between them, at which a token would end.
  const kept = letters.filter(
    (one) => IN_WORD.test(one) && (!ACCENT.test(one) || VOICING.test(one)),
  )
  return composed(kept.join(''))
}

function composed(text: string): string {
  return text.normalize('NFC')
}

/** What has no voiced form stays as it is, however many marks follow it. */
function voiced(letter: string, mark: string): string {
  const both = composed(letter + mark)
  return Array.from(both).length === 1 ? both : letter
}

/** The tokens under which a text is found, each once. */
export function tokensOf(text: string): ReadonlySet<string> {
  const tokens = new Set<string>()
  for (const { characters, isUnspaced } of runsOf(text)) {
    const letters = characters.map(({ folded }) => folded)
    if (!isUnspaced) tokens.add(letters.slice(0, TOKEN_LENGTH).join(''))
    else for (const index of letters.keys()) tokens.add(letters.slice(index, index + 2).join(''))
  }
  return tokens
}

/** What one asks for: every term must be found. */
export interface Term {
  readonly folded: string
  readonly isUnspaced: boolean
}

/** The terms of a question. */
export function termsOf(query: string): readonly Term[] {
  const terms = runsOf(query).map(({ characters, isUnspaced }) => ({
    folded: characters.map(({ folded }) => folded).join(''),
    isUnspaced,
  }))
  return [...new Map(terms.map((term) => [`${term.isUnspaced} ${term.folded}`, term])).values()]
}

/** What must be true of the tokens of every text in which a term is found. */
export function testsOf({ folded, isUnspaced }: Term): readonly TokenTest[] {
  const letters = Array.from(folded)
  if (!isUnspaced || letters.length === 1) {
    const isPrefix = isUnspaced || letters.length > 1
    return [{ token: letters.slice(0, TOKEN_LENGTH).join(''), isPrefix }]
  }
  return letters
    .slice(0, -1)
    .map((_, index) => ({ token: letters.slice(index, index + 2).join(''), isPrefix: false }))
}

/** A part of a text, in UTF-16 units: from, and up to and not including. */
export interface TextRange {
  readonly from: number
  readonly to: number
}

/**
 * Where the terms are found, in order and without overlaps; undefined unless every one of them is. A word is found by its
 * beginning, in scripts without spaces anything is.
 */
export function findTerms(text: string, terms: readonly Term[]): readonly TextRange[] | undefined {
  const runs = runsOf(text)
  const found: TextRange[] = []
  for (const term of terms) {
    const ranges = runs.flatMap((run) => rangesIn(run, term))
    if (ranges.length === 0) return undefined
    found.push(...ranges)
  }
  return merged(found)
}

function rangesIn({ characters, isUnspaced }: Run, term: Term): readonly TextRange[] {
  if (isUnspaced !== term.isUnspaced) return []
  const wanted = Array.from(term.folded)
  // Half of all words begin with one of a few letters: one letter is a word of its own.
  if (!isUnspaced && wanted.length === 1 && characters.length > 1) return []
  if (!isUnspaced && !wanted.every((letter, index) => characters[index]?.folded === letter))
    return []
  const ends = isUnspaced ? endsOf(characters, wanted) : [wanted.length - 1]
  return ends.flatMap((end) => {
    const first = characters[end - wanted.length + 1]
    const last = characters[end]
    return first && last ? [{ from: first.from, to: last.to }] : []
  })
}

/**
 * Where letters end in a run, wherever they are found. After Knuth, Morris and Pratt, since a run may be a whole message of
 * one letter, and the letters many of the same.
 */
function endsOf(characters: Run['characters'], wanted: readonly string[]): readonly number[] {
  const borders = [0]
  const next = (fits: number, letter: string): number => {
    let now = fits
    while (now > 0 && wanted[now] !== letter) now = borders[now - 1] ?? 0
    return wanted[now] === letter ? now + 1 : now
  }
  for (const letter of wanted.slice(1)) borders.push(next(borders.at(-1) ?? 0, letter))
  const ends: number[] = []
  let fits = 0
  for (const [index, { folded }] of characters.entries()) {
    fits = next(fits, folded)
    if (fits === wanted.length) ends.push(index)
  }
  return ends
}

function merged(ranges: readonly TextRange[]): readonly TextRange[] {
  const all: { from: number; to: number }[] = []
  for (const { from, to } of ranges.toSorted((a, b) => a.from - b.from)) {
    const last = all.at(-1)
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to)
    else all.push({ from, to })
  }
  return all
}
