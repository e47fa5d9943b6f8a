import type { Event } from '@tidings/protocol/wire'
import type { Machine } from '../../machine.ts'
import type { LiveEvent } from '../../realtime/live-event.ts'
import { isRecord } from '../../record.ts'

/** A client that has waited for longer may have given up its call, and with it the answer. */
const PATIENCE_MS = 1_000

/** A call of `message.send` under way. */
interface Sending {
  /** What it says, not checked yet. */
  readonly items: readonly unknown[]
  readonly begunAt: number
  /** Tells what was withheld because of it. */
  readonly withheld: (() => void)[]
}

/**
 * What a client is sending over a connection that wants no echo. Its events are withheld there, since the answer says where a
 * message stands; when it turns out to say something else, they are told after all.
 */
export class OwnSends {
  readonly #machine: Pick<Machine, 'elapsed'>
  /** Undefined while there are none: most connections are idle. */
  #sendings: Sending[] | undefined

  constructor(machine: Pick<Machine, 'elapsed'>) {
    this.#machine = machine
  }

  /** Answers what `end` takes. */
  begin(input: unknown): Sending {
    const sending = { items: manyOf(input), begunAt: this.#machine.elapsed(), withheld: [] }
    this.#sendings = [...(this.#sendings ?? []), sending]
    return sending
  }

  /** To be called before the answer is written. `output` is undefined for a call that has failed. */
  end(sending: Sending, output: unknown): void {
    const others = this.#sendings?.filter((other) => other !== sending) ?? []
    this.#sendings = others.length === 0 ? undefined : others
    if (!manyOf(output).every(isSent)) for (const tell of sending.withheld) tell()
  }

  /** False when somebody has to be told these events now; otherwise `tell` is called should it come to that. */
  withhold(events: readonly LiveEvent[], tell: () => void): boolean {
    const now = this.#machine.elapsed()
    const sending = this.#sendings?.find(
      ({ items, begunAt }) =>
        now - begunAt < PATIENCE_MS && events.every(({ event }) => isAmong(items, event)),
    )
    sending?.withheld.push(tell)
    return sending !== undefined
  }
}

/**
 * Whether an event is of what a call says. Of another kind than text the server may have made something else of the body; and
 * the answer to a call about several conversations waits for the slowest of them.
 */
function isAmong(items: readonly unknown[], event: Event): boolean {
  if (event.type !== 'message.created') return false
  const { conversationId, clientMessageId, body } = event.body.message
  if (clientMessageId === null || body.kind !== 'text') return false
  const isHere = (item: unknown): item is Readonly<Record<string, unknown>> =>
    isRecord(item) && item['conversationId'] === conversationId
  return items.every(isHere) && items.some((item) => item['clientMessageId'] === clientMessageId)
}

function isSent(outcome: unknown): boolean {
  return isRecord(outcome) && 'seq' in outcome
}

function manyOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}
