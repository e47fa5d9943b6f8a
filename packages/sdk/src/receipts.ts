import { CLIENT_LIMITS, type MarkInput, type TidingsError } from '@tidings/protocol/wire'
import { backoffMs } from './backoff.ts'
import type { Environment } from './environment.ts'
import { toTidingsError } from './errors.ts'
import { SmallMap } from './small-map.ts'

/** What a mark says; of a private one nobody is told but the user's own devices. */
export type MarkKind = 'delivered' | 'read' | 'privateRead'

/** The outcome of each mark of a call, in order; undefined is success. */
export type MarkOutcomes = readonly (TidingsError | undefined)[]

export interface MarkCall {
  readonly kind: MarkKind
  readonly marks: readonly MarkInput[]
  /** Nobody waits for the outcome. */
  readonly late: boolean
}

export interface ReceiptsOptions {
  /** One call. Throws a TidingsError when the call as a whole failed. */
  readonly mark: (call: MarkCall) => Promise<MarkOutcomes>
  readonly environment: Environment
}

/** Told that a mark is durable, or why it is not. */
type Settle = (error?: TidingsError) => void

interface Waiting {
  mark: MarkInput
  readonly settle: Settle[]
}

/**
 * Marks that are not durable yet. Only the highest of a conversation is sent; while a call is under way the next one
 * gathers. A mark is repeated until there is a definite answer: it only grows, so that repeating does no harm.
 */
export class Receipts {
  readonly #options: ReceiptsOptions
  readonly #kinds: Readonly<Record<MarkKind, Gathering>>
  /** What everything was failed with last, and how often that was. */
  #over: { readonly count: number; readonly error: TidingsError | undefined } = {
    count: 0,
    error: undefined,
  }

  constructor(options: ReceiptsOptions) {
    this.#options = options
    this.#kinds = {
      delivered: createGathering(),
      read: createGathering(),
      privateRead: createGathering(),
    }
  }

  /** Resolves when this mark, or a higher one, is durable. */
  mark(kind: MarkKind, mark: MarkInput): Promise<void> {
    const marked = new Promise<void>((resolve, reject) => {
      this.note(kind, mark, (error) => (error === undefined ? resolve() : reject(error)))
    })
    // Who does not wait for a receipt need not handle its failure either.
    marked.catch(() => undefined)
    return marked
  }

  /** Does the same without a promise: nobody waits for what the client says by itself. */
  note(kind: MarkKind, mark: MarkInput, settle?: Settle): void {
    put(this.#kinds[kind], { mark, settle: settle === undefined ? [] : [settle] })
    this.#schedule(kind)
  }

  /** There is a connection again: what waited waits no longer. */
  wake(): void {
    for (const kind of KINDS) {
      const gathering = this.#kinds[kind]
      gathering.cancelPause?.()
      gathering.cancelPause = undefined
      if (gathering.waiting.size > 0) this.#schedule(kind)
    }
  }

  /** Rejects every mark that is not durable. */
  fail(error: TidingsError): void {
    this.#over = { count: this.#over.count + 1, error }
    for (const kind of KINDS) {
      const gathering = this.#kinds[kind]
      gathering.cancelPause?.()
      gathering.cancelPause = undefined
      for (const { settle } of gathering.waiting.values()) for (const one of settle) one(error)
      gathering.waiting.clear()
    }
  }

  #schedule(kind: MarkKind): void {
    const gathering = this.#kinds[kind]
    if (gathering.busy || gathering.cancelPause !== undefined) return
    gathering.busy = true
    queueMicrotask(() => void this.#flush(kind))
  }

  async #flush(kind: MarkKind): Promise<void> {
    const gathering = this.#kinds[kind]
    const items = gathering.waiting.values().slice(0, CLIENT_LIMITS.arrayItems)
    for (const { mark } of items) gathering.waiting.delete(subjectOf(mark))
    const failure = items.length === 0 ? undefined : await this.#send(kind, items)
    gathering.busy = false
    if (failure !== undefined) this.#pause(kind, failure)
    else if (gathering.waiting.size > 0) this.#schedule(kind)
  }

  /** Answers the failure after which to wait; what failed so is waiting again. */
  async #send(kind: MarkKind, items: readonly Waiting[]): Promise<TidingsError | undefined> {
    const gathering = this.#kinds[kind]
    const { count } = this.#over
    let failure: TidingsError | undefined
    const outcomes = await this.#options
      .mark({
        kind,
        marks: items.map(({ mark }) => mark),
        late: items.every(({ settle }) => settle.length === 0),
      })
      .catch((thrown: unknown): MarkOutcomes => items.map(() => toTidingsError(thrown)))
    for (const [index, item] of items.entries()) {
      const error = outcomes[index]
      if (error?.retryable === true && count !== this.#over.count) {
        for (const settle of item.settle) settle(this.#over.error)
      } else if (error?.retryable === true) {
        failure = error
        put(gathering, item)
      } else for (const settle of item.settle) settle(error)
    }
    gathering.failures = failure === undefined ? 0 : gathering.failures + 1
    return failure
  }

  #pause(kind: MarkKind, error: TidingsError): void {
    const { environment } = this.#options
    const gathering = this.#kinds[kind]
    const wait = backoffMs(gathering.failures, 'soon', () => environment.random())
    gathering.cancelPause = environment.after(wait + (error.details.retryAfterMs ?? 0), () => {
      gathering.cancelPause = undefined
      this.#schedule(kind)
    })
  }
}

const KINDS: readonly MarkKind[] = ['delivered', 'read', 'privateRead']

interface Gathering {
  readonly waiting: SmallMap<string, Waiting>
  busy: boolean
  failures: number
  cancelPause: (() => void) | undefined
}

function createGathering(): Gathering {
  return { waiting: new SmallMap(), busy: false, failures: 0, cancelPause: undefined }
}

/** The message or the conversation that a mark is about. */
function subjectOf(mark: MarkInput): string {
  return 'messageId' in mark ? mark.messageId : mark.conversationId
}

function put({ waiting }: Gathering, item: Waiting): void {
  const key = subjectOf(item.mark)
  const known = waiting.get(key)
  if (known === undefined) {
    waiting.set(key, item)
    return
  }
  known.settle.push(...item.settle)
  if ('seq' in known.mark && 'seq' in item.mark && item.mark.seq > known.mark.seq)
    known.mark = item.mark
}
