import type { ShownBody } from '@tidings/protocol/wire'
import type { TokenQuery } from '../../db/token-query.ts'
import { testsOf, tokensOf, type Term } from './words.ts'

/** Tokens that are no words begin with private characters, which are part of no word. */
const MARKS = { stream: '\uE000', sender: '\uE001', kind: '\uE002' } as const

/**
 * What of a body is searched: a text, what stands beside an image or a video, or every text in the data of an app's own kind,
 * in its order. Of links nothing: their words are nobody's.
 */
export function searchedText(body: ShownBody): string {
  if ('text' in body) return body.text
  if ('url' in body) return body.caption ?? ''
  const texts: string[] = []
  if ('data' in body) collect(body.data, texts)
  return texts.join('\n')
}

function collect(value: unknown, texts: string[]): void {
  if (typeof value === 'string') texts.push(value)
  else if (typeof value === 'object' && value !== null)
    for (const part of Object.values(value)) collect(part, texts)
}

/** What a message may be narrowed down to besides its words. */
interface Belonging {
  readonly streamKey: number
  readonly senderKey: number
  readonly kind: string
}

/** The tokens of a message: its words, and what it belongs to. */
export function documentTokens(body: ShownBody, of: Omit<Belonging, 'kind'>): string {
  const { streamKey, senderKey } = of
  const belonging = [
    `${MARKS.stream}${streamKey}`,
    `${MARKS.sender}${senderKey}`,
    kindToken(body.kind),
  ]
  return [...belonging, ...tokensOf(searchedText(body))].join(' ')
}

/** Kinds have dots and dashes, at which tokens would end. */
function kindToken(kind: string): string {
  return `${MARKS.kind}${Buffer.from(kind).toString('hex')}`
}

/** What is true of the tokens of every message in which all terms are found, and that belongs there. */
export function tokenQueryOf(
  terms: readonly Term[],
  where: {
    readonly streamKeys: readonly number[] | undefined
    readonly senderKey: number | undefined
    readonly kind: string | undefined
  },
): TokenQuery {
  const { streamKeys, senderKey, kind } = where
  const exactly = (token: string) => ({ token, isPrefix: false })
  return [
    ...terms.flatMap(testsOf).map((test) => [test]),
    ...(streamKeys === undefined
      ? []
      : [streamKeys.map((key) => exactly(`${MARKS.stream}${key}`))]),
    ...(senderKey === undefined ? [] : [[exactly(`${MARKS.sender}${senderKey}`)]]),
    ...(kind === undefined ? [] : [[exactly(kindToken(kind))]]),
  ]
}
