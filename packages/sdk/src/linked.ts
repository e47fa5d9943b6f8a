import {
  CLIENT_LIMITS,
  fitsInBytes,
  linkProblem,
  textProblem,
  TidingsError,
  type ImageBody,
  type VideoBody,
} from '@tidings/protocol/wire'
import { isRecord } from './record.ts'

const SOURCES = ['youtube', 'vevo', 'other'] as const

/** True of what claims to be an image or a video. */
export function isLinked(
  body: unknown,
): body is Record<string, unknown> & { kind: 'image' | 'video' } {
  return isRecord(body) && (body['kind'] === 'image' || body['kind'] === 'video')
}

/**
 * An image or a video with the fields that it has here, as the server checks them.
 * @throws TidingsError INVALID_INPUT, naming the field
 */
export function toLinked(
  body: Record<string, unknown> & { kind: 'image' | 'video' },
): ImageBody | VideoBody {
  const { kind, url, caption } = body
  if (typeof url !== 'string') throw invalid('url', 'not a string')
  const problem = linkProblem(url)
  if (problem !== undefined) throw invalid('url', problem)
  const rest = caption === undefined ? {} : { caption: toCaption(caption) }
  if (kind === 'image') {
    const [width, height] = [toPixels(body, 'width'), toPixels(body, 'height')]
    return { kind, url, width, height, ...rest }
  }
  const { length } = body
  const source = SOURCES.find((one) => one === body['source'])
  if (typeof length !== 'number' || !(length >= 0 && length <= CLIENT_LIMITS.videoSeconds))
    throw invalid('length', 'not a length in seconds')
  if (source === undefined) throw invalid('source', `none of ${SOURCES.join(', ')}`)
  return { kind, url, length, source, ...rest }
}

function toPixels(body: Record<string, unknown>, path: 'width' | 'height'): number {
  const pixels = body[path]
  const isSize = typeof pixels === 'number' && Number.isInteger(pixels)
  if (isSize && pixels >= 1 && pixels <= CLIENT_LIMITS.imagePixels) return pixels
  throw invalid(path, 'not a size in pixels')
}

function toCaption(caption: unknown): string {
  if (typeof caption !== 'string') throw invalid('caption', 'not a string')
  const problem = textProblem(caption)
  if (problem !== undefined) throw invalid('caption', problem)
  if (!fitsInBytes(caption, CLIENT_LIMITS.captionBytes))
    throw invalid('caption', `longer than ${CLIENT_LIMITS.captionBytes} bytes`)
  return caption
}

function invalid(field: string, message: string): TidingsError {
  const fields = [{ path: `body.${field}`, message }]
  return new TidingsError('INVALID_INPUT', undefined, { fields })
}
