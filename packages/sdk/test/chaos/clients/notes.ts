import { openSync, readFileSync, writeSync } from 'node:fs'

/** What happened at a device, in order; `t` is the calendar of the machine, milliseconds. */
export type Note = { readonly t: number } &
  /** A process has begun, with what its storage had. */
  (
    | {
        readonly kind: 'boot'
        readonly positions: readonly (readonly [stream: string, seq: number])[]
        readonly outbox: readonly Spoken[]
      }
    /** A message was given to the client. */
    | ({ readonly kind: 'said' } & Spoken)
    /** Its row is durable in the outbox. */
    | ({ readonly kind: 'out' } & Spoken)
    /** Its row is gone from there. */
    | ({ readonly kind: 'gone' } & Spoken)
    | ({
        readonly kind: 'ok'
        readonly seq: number
        readonly tag: number
        readonly duplicate: boolean
      } & Spoken)
    | ({ readonly kind: 'fail'; readonly code: string } & Spoken)
    /** An edit of an own message was asked for, or its deletion; `number` counts those of the message from 1. */
    | ({ readonly kind: 'change'; readonly number: number; readonly text: string | null } & Spoken)
    | ({ readonly kind: 'changed'; readonly number: number } & Spoken)
    | { readonly kind: 'told'; readonly stream: string; readonly seq: number; readonly tag: number }
    /** Positions are durable; null for a stream that is forgotten. */
    | {
        readonly kind: 'kept'
        readonly positions: readonly (readonly [stream: string, seq: number | null])[]
      }
    | { readonly kind: 'reset'; readonly stream: string; readonly reason: string }
    /** A numbered client has its acknowledgement. */
    | ({ readonly kind: 'acked' } & Spoken)
    /** A frame with an id has come to a numbered client; `text` is that of a message. */
    | {
        readonly kind: 'heard'
        readonly type: number
        readonly stream: string
        readonly seq: number
        readonly connection: string
        readonly text: string | null
      }
    | { readonly kind: 'live' | 'down' }
    /** A fault that the client has told, in the background. */
    | { readonly kind: 'error'; readonly code: string }
    /** What an app must not meet. */
    | { readonly kind: 'broken'; readonly what: string }
  )

/** A message of this device, by its stream and clientMessageId. */
export interface Spoken {
  readonly stream: string
  readonly key: string
}

/** Note without the time. */
type Distribute<N> = N extends unknown ? Omit<N, 't'> : never
export type Untimed = Distribute<Note>

/** Takes notes in a file, each at once: what was noted before the process was killed is there. */
export function openNotes(file: string): (note: Untimed) => void {
  const handle = openSync(file, 'a')
  return (note) => void writeSync(handle, `${JSON.stringify({ t: Date.now(), ...note })}\n`)
}

/** Everything that was noted. A line that a death has cut is left out. */
export function readNotes(file: string): readonly Note[] {
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as Note]
    } catch {
      return []
    }
  })
}
