import {
  createSync,
  step,
  type Effect,
  type HeadsAnswer,
  type Input,
  type Mark,
  type Position,
  type PullAnswer,
  type StreamHead,
  type SyncOptions,
} from '../../src/sync/index.ts'

export interface TestEvent {
  readonly stream: string
  readonly seq: number
  readonly tag: number
}

export type TestEffect = Effect<TestEvent>
type Kind = TestEffect['kind']

/** The tag of event `seq` in the tests' first history. */
export const tagOf = (seq: number): number => (seq === 0 ? 0 : 1000 + seq)

export const event = (seq: number, stream = 'm:a'): TestEvent => ({ stream, seq, tag: tagOf(seq) })
export const events = (from: number, to: number, stream = 'm:a'): TestEvent[] =>
  Array.from({ length: to - from + 1 }, (_, at) => event(from + at, stream))
export const at = (seq: number): Position => ({ seq, tag: tagOf(seq) })
export const head = (seq: number, more: Partial<StreamHead> = {}): StreamHead => ({
  stream: 'm:a',
  head: seq,
  tag: tagOf(seq),
  floor: 0,
  ...more,
})
export const MARK: Mark = { epoch: 1, watermark: 1000, comparedAt: 1000 }

interface Saved {
  readonly mark?: Mark | undefined
  readonly positions?: Readonly<Record<string, number | Position>> | undefined
  readonly options?: Partial<SyncOptions> | undefined
}

/** An engine and what it has asked for. Answers are given by hand. */
export function startEngine({ mark, positions = {}, options = {} }: Saved = {}) {
  const saved = Object.entries(positions).map(
    ([stream, position]) =>
      [stream, typeof position === 'number' ? at(position) : position] as const,
  )
  let state = createSync<TestEvent>({ mark, positions: saved }, options)
  let last: readonly TestEffect[] = []
  const newest = new Map<Kind, number>()

  const feed = (input: Input<TestEvent>): readonly TestEffect[] => {
    const next = step(state, input)
    state = next.state
    last = next.effects
    for (const effect of last) if ('request' in effect) newest.set(effect.kind, effect.request)
    return last
  }
  const request = (kind: 'requestHeads' | 'requestPull'): number => {
    const found = newest.get(kind)
    if (found === undefined) throw new Error(`there was no ${kind}`)
    return found
  }
  return {
    feed,
    state: () => state,
    last: () => last,
    request,
    ready: (epoch = 1, watermark = 2000) => feed({ kind: 'ready', epoch, watermark }),
    push: (...pushed: TestEvent[]) => feed({ kind: 'events', events: pushed }),
    fire: (timer: string) => feed({ kind: 'timer', timer }),
    heads: (answer: Partial<HeadsAnswer> = {}, id = request('requestHeads')) =>
      feed({
        kind: 'heads',
        request: id,
        answer: { epoch: 1, watermark: 3000, heads: [], next: null, ...answer },
      }),
    pulled: (streams: PullAnswer<TestEvent>['streams'], id = request('requestPull')) =>
      feed({ kind: 'pulled', request: id, answer: { epoch: 1, streams } }),
    fail: (kind: 'requestHeads' | 'requestPull') =>
      feed({ kind: 'failed', request: request(kind) }),
  }
}

export type EngineUnderTest = ReturnType<typeof startEngine>

/** An engine that is live, has a mark, and whose streams stand where `positions` says. */
export function startCaughtUp(saved: Saved = {}): EngineUnderTest {
  const engine = startEngine({ mark: MARK, ...saved })
  engine.ready()
  engine.heads()
  return engine
}

/** One pulled stream of an answer: events (after, to], and nothing more. */
export const found = (after: number, to: number, stream = 'm:a') => ({
  stream,
  events: events(after + 1, to, stream),
  upTo: at(to),
  more: false,
})

export const refusal = (
  reason: 'epoch' | 'floor' | 'future' | 'tag' | 'gone',
  newHead: number,
  more: { readonly floor?: number; readonly tag?: number; readonly stream?: string } = {},
) => ({
  stream: more.stream ?? 'm:a',
  reset: { reason, head: newHead, tag: more.tag ?? tagOf(newHead), floor: more.floor ?? 0 },
})

export const kinds = (effects: readonly TestEffect[]): Kind[] => effects.map(({ kind }) => kind)

/** The applies of some effects, as [stream, from, to] or [stream, position] when nothing was applied. */
export const applied = (effects: readonly TestEffect[]) =>
  effects.flatMap((effect) =>
    effect.kind === 'apply'
      ? [[effect.stream, effect.events.map(({ seq }) => seq), effect.position.seq] as const]
      : [],
  )

/** What the last step wants pulled. */
export const asked = (effects: readonly TestEffect[]) =>
  effects.flatMap((effect) =>
    effect.kind === 'requestPull'
      ? effect.streams.map(({ stream, after, tag }) => [stream, after, tag] as const)
      : [],
  )

export const resets = (effects: readonly TestEffect[]) =>
  effects.flatMap((effect) =>
    effect.kind === 'reset' ? [[effect.stream, effect.reason, effect.position?.seq] as const] : [],
  )
