import type { NoKinds, ReceivedMessage } from '@tidings/sdk'
import type { Paint } from '../cli/paint.ts'
import { safeLine, safeText } from './safe-text.ts'
import { dateAndTime } from './times.ts'

/** A body, as events carry it or as the client has read it. */
export interface AnyBody {
  readonly kind: string
  /** Of `text`. */
  readonly text?: string | undefined
  /** Of `unknown`: the kind's own name. */
  readonly name?: string | undefined
}

/** What a message says, in words, safe to show; it may have several lines. */
export function bodyWords({ kind, text, name }: AnyBody): string {
  if (kind === 'text' && text !== undefined) return safeText(text)
  return kind === 'deleted' ? '(deleted)' : `(${safeLine(name ?? kind)})`
}

/** A message of history: when, who, what; further lines are set in. */
export function messageLine(
  { seq, createdAt, body }: ReceivedMessage<NoKinds>,
  sender: string,
  paint: Paint,
): string {
  const head = `${paint('dim', `${dateAndTime(createdAt)}  ${seq}`)}  ${paint('cyan', sender)}: `
  return head + bodyWords(body).replaceAll('\n', '\n    ')
}
