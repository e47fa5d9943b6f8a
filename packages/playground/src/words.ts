import { isTidingsError } from '@tidings/sdk'
import type { ShownConversation, ShownMessage } from './shown.ts'

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const exact = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hour12: false,
})
const day = new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric', month: 'short' })

/** `10:41`. */
export function timeOf(at: number): string {
  return clock.format(at)
}

/** `10:41:07.123`. */
export function exactTimeOf(at: number): string {
  return exact.format(at)
}

/** `Sat, 21 Nov`. */
export function dayOf(at: number): string {
  return day.format(at)
}

/** What a conversation is called by the one who looks at it. */
export function titleOf({
  kind,
  name,
  peer,
}: Pick<ShownConversation, 'kind' | 'name' | 'peer'>): string {
  if (kind === 'self') return 'Notes to yourself'
  return (kind === 'direct' ? peer?.username : name) ?? 'Unnamed'
}

/** The text of a message, as one can say it in words. */
export function textOf({ body }: Pick<ShownMessage, 'body'>): string {
  switch (body.kind) {
    case 'text':
      return body.text
    case 'image':
    case 'video':
      return body.caption === undefined ? body.url : `${body.url} ${body.caption}`
    case 'deleted':
      return 'Message deleted'
    case 'unknown':
      return `Unknown kind ${body.name}: ${JSON.stringify(body.data ?? body.raw)}`
  }
}

const SOURCES = { youtube: ', YouTube', vevo: ', Vevo', other: '' } as const

/** What a link leads to: `image, 640 × 480`, `video, 3:05, YouTube`; undefined of what is none. */
export function linkedWords({ body }: Pick<ShownMessage, 'body'>): string | undefined {
  if (body.kind === 'image') return `image, ${body.width} × ${body.height}`
  if (body.kind !== 'video') return undefined
  const seconds = Math.round(body.length)
  const length = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
  return `video, ${length}${SOURCES[body.source]}`
}

/** `1 message`, `2 messages`. */
export function count(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? '' : 's'}`
}

/** `ann`, `ann and bob`, `ann, bob and cat`. */
export function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? ''
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`
}

/** What went wrong, for the person before the screen. */
export function problemOf(thrown: unknown): string {
  if (!isTidingsError(thrown)) return thrown instanceof Error ? thrown.message : String(thrown)
  const [field] = thrown.details.fields ?? []
  if (field !== undefined) return `${field.path}: ${field.message}`
  if (thrown.code === 'ORIGIN_REFUSED')
    return `The server does not know the address ${location.origin}: name it in PUBLIC_URL or ALLOWED_ORIGINS.`
  return thrown.message
}
