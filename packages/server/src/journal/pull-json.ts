import type { CompactPull, Pull, StreamReset } from '@tidings/protocol/wire'
import { JsonText } from '../json-text.ts'

/** What follows a position: `PulledStream`, its events in JSON already. */
export interface PulledJson {
  readonly stream: string
  /** One or more events each, with commas between them. */
  readonly events: readonly string[]
  readonly count: number
  readonly upTo: { readonly seq: number; readonly tag: number }
  readonly more: boolean
}

/** `Pull` or `CompactPull`, its events in JSON already. */
export interface PullJson {
  readonly epoch: number
  readonly streams: readonly (PulledJson | StreamReset)[]
}

/** The answer to a pull. */
export function pullText<Answer extends Pull | CompactPull = Pull>({
  epoch,
  streams,
}: PullJson): JsonText<Answer> {
  return new JsonText(`{"epoch":${epoch},"streams":[${streams.map(streamText).join(',')}]}`)
}

function streamText(item: PulledJson | StreamReset): string {
  if ('reset' in item) return JSON.stringify(item)
  const { stream, events, upTo, more } = item
  const { seq, tag } = upTo
  // Where it leads comes first: whoever has this much of a page can ask for the next one.
  const head = `{"stream":"${stream}","upTo":{"seq":${seq},"tag":${tag}},"more":${more}`
  return `${head},"events":[${events.join(',')}]}`
}
