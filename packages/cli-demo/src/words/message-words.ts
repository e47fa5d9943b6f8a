import type { NoKinds, TypedMessage } from '@tidings/sdk'
import type { Paint } from '../cli/paint.ts'
import { safeLine, safeText } from './safe-text.ts'
import { dateAndTime } from './times.ts'

/** A body, as events carry it or as the client has read it. */
export interface AnyBody {
  readonly kind: string
  /** Of `text`. */
  readonly text?: string | undefined
  /** Of `image` and `video`: its link, and the text beside it. */
  readonly url?: string | undefined
  readonly caption?: string | undefined
  /** Of `image`, in pixels. */
  readonly width?: number | undefined
  readonly height?: number | undefined
  /** Of `video`: seconds, and who shows it. */
  readonly length?: number | undefined
  readonly source?: string | undefined
  /** Of `unknown`: the kind's own name. */
  readonly name?: string | undefined
}

/** What a message says, in words, safe to show; it may have several lines. */
export function bodyWords(body: AnyBody): string {
  const { kind, text, url, caption, name } = body
  if (kind === 'text' && text !== undefined) return safeText(text)
  if (kind === 'unknown') return `(of an unknown kind: ${safeLine(name ?? '')})`
  if (url === undefined) return kind === 'deleted' ? '(deleted)' : `(${safeLine(kind)})`
  const link = `(${linkedWords(body)}) ${safeLine(url)}`
  return caption === undefined ? link : `${link}\n${safeText(caption)}`
}

/** What a link leads to: `image, 640×480`, `video, 3:32, youtube`. */
function linkedWords({ kind, width, height, length, source }: AnyBody): string {
  const words = [safeLine(kind)]
  if (width !== undefined && height !== undefined) words.push(`${width}×${height}`)
  if (length !== undefined) words.push(lengthWords(length))
  if (source !== undefined && source !== 'other') words.push(safeLine(source))
  return words.join(', ')
}

function lengthWords(length: number): string {
  const seconds = Math.round(length)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** A message of history: when, who, what; further lines are set in. */
export function messageLine(
  { seq, createdAt, body, replyTo, reactions = [] }: TypedMessage<NoKinds>,
  sender: string,
  paint: Paint,
): string {
  const head = `${paint('dim', `${dateAndTime(createdAt)}  ${seq}`)}  ${paint('cyan', sender)}: `
  const answered = replyTo === undefined ? '' : paint('dim', `(to ${replyTo.seq}) `)
  const given = reactions.map(({ reaction, count }) => `  ${safeLine(reaction)} ${count}`).join('')
  return head + answered + bodyWords(body).replaceAll('\n', '\n    ') + paint('dim', given)
}
