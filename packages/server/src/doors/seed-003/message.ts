import type { Message, ShownBody } from '@tidings/protocol/wire'
import { TidingsError } from '@tidings/protocol/wire'
import type { JsonObject } from '../rest/body.ts'

/** What the seed leaves to be hard-coded when a client does not say it. */
const USUAL = { width: 640, height: 480, length: 0, source: 'other' } as const

const SOURCES = ['youtube', 'vevo', 'other'] as const

/**
 * The body of a message in the words of seed 003: `type` 1 with `message`, 2 (image) and 3 (video) with `link`.
 * @throws TidingsError INVALID_INPUT for another type
 */
export function toBody({ type, message, link, ...more }: JsonObject): unknown {
  switch (Number(type)) {
    case 1:
      return { kind: 'text', text: message }
    case 2: {
      const { width = USUAL.width, height = USUAL.height } = more
      return { kind: 'image', url: link, width, height }
    }
    case 3: {
      const { length = USUAL.length, source = USUAL.source } = more
      return { kind: 'video', url: link, length, source: toSource(source) }
    }
    default:
      throw new TidingsError('INVALID_INPUT', undefined, {
        fields: [{ path: 'type', message: '1 (text), 2 (image) or 3 (video)' }],
      })
  }
}

/** The seed writes "YouTube" and "Vevo". */
function toSource(source: unknown): unknown {
  const name = typeof source === 'string' ? source.toLowerCase() : source
  return SOURCES.find((known) => known === name) ?? source
}

/** A message as seed 003 reads it. `type` is 0 for what the seed does not know, which `kind` then names. */
export function toSeedMessage(
  { id, senderId, body, createdAt, seq }: Message,
  recipient: string,
): JsonObject {
  return { id, seq, sender: senderId, recipient, ...contentOf(body), created_at: createdAt }
}

function contentOf(body: ShownBody): JsonObject {
  if ('text' in body) return { type: 1, message: body.text }
  if ('data' in body) return { type: 0, kind: body.kind, data: body.data }
  if (body.kind === 'image')
    return { type: 2, link: body.url, width: body.width, height: body.height }
  if (body.kind === 'video')
    return { type: 3, link: body.url, length: body.length, source: body.source }
  return { type: 0, kind: body.kind }
}
