import type { Json } from '../json.ts'
import type { ShownBody } from '../body.ts'

/** How a message's body travels in the numbered protocol: `data` is what a client that knows only text can show. */
export interface NumberedBody {
  readonly kind: string
  /** The text, or the link of another kind; empty when it has none, and for what was deleted (kind `deleted`). */
  readonly data: string
  /** The whole JSON of a kind other than text. */
  readonly content?: Json | undefined
}

/** Seed 002's `data`, and beside it what that seed had no word for. */
export function toNumberedBody(body: ShownBody): NumberedBody {
  // Compared by the shape and not by the name alone: an app's kind is any string, so `kind` tells nothing to the compiler.
  if ('text' in body) return { kind: body.kind, data: body.text }
  if ('url' in body) {
    const { kind, caption, ...rest } = body
    const content = caption === undefined ? rest : { ...rest, caption }
    return { kind, data: body.url, content }
  }
  if (!('data' in body)) return { kind: body.kind, data: '' }
  return { kind: body.kind, data: linkOf(body.data), content: body.data }
}

function linkOf(data: Json): string {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return ''
  for (const [name, value] of Object.entries(data)) {
    if ((name === 'link' || name === 'url') && typeof value === 'string') return value
  }
  return ''
}
