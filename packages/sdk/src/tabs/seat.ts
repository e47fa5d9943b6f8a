import { TidingsError } from '@tidings/protocol/wire'
import { toTidingsError } from '../errors.ts'
import { Asks, type Ask } from './asks.ts'
import { Election } from './election.ts'
import { Guests } from './guests.ts'
import {
  fromPlain,
  isTabMessage,
  longer,
  VERSION,
  toPlain,
  type PackedBulletin,
  type Outcome,
  type Reign,
  type Request,
  type TabMessage,
  type TabMessageBody,
} from './messages.ts'
import type { TabWire } from './platform.ts'
import type { Asked, SeatOptions } from './seat-options.ts'
import { Vigil } from './vigil.ts'

/** How long the leader before may take to be heard to the end, milliseconds. */
const LAST_WORDS_MS = 40

/** One tab's place among those of one name: who leads, what he is asked, and what he tells. */
export class Seat {
  readonly #options: SeatOptions
  readonly #id: string
  readonly #asks = new Asks()
  readonly #guests: Guests
  readonly #vigil: Vigil
  readonly #election: Election
  readonly #wire: TabWire
  /** Of the leader who can be asked. */
  #reign: Reign | undefined
  /** The number of the newest reign that was heard of; what comes from an earlier one is not. */
  #newest = 0
  #isReady = false
  #hasLeft = false
  #missed: readonly PackedBulletin[] = []
  #isStrange = false
  /** There is, or was, somebody to tell. */
  hasCompany = false

  constructor(options: SeatOptions) {
    const { environment, platform, handlers, name } = options
    this.#options = options
    this.#id = environment.newId()
    this.#wire = platform.openWire(`tidings ${name}`)
    this.#guests = new Guests((request, signal) => handlers.perform(request, signal))
    this.#vigil = new Vigil({
      environment,
      platform,
      ping: () => this.#post({ kind: 'ping' }),
      onDead: () => this.#election.steal(),
    })
    this.#election = new Election({
      name: `tidings ${name}`,
      locks: platform.locks,
      onWon: (isFirst) => void this.#lead(isFirst).catch((thrown) => handlers.error(thrown)),
      onWaiting: () => {
        this.#vigil.start()
        this.#post({ kind: 'hello' })
      },
      onLost: () => this.#deposed(),
      onError: (thrown) => handlers.error(thrown),
    })
  }

  /** This tab leads, and can answer. */
  get isLeading(): boolean {
    return this.#isReady
  }

  start(): void {
    this.#wire.listen((message) => {
      if (isTabMessage(message)) this.#receive(message)
    })
    this.#election.holdOwn(this.#lockOf(this.#id))
    this.#election.start()
  }

  /** Asks the leader, as soon as there is one. `isRepeatable`: a new one is asked again when the old one is gone. */
  ask(request: Request, isRepeatable: boolean): Asked {
    const ask = this.#asks.add(request, isRepeatable)
    if (this.#hasLeft) this.#asks.fail(new TidingsError('CLOSED'))
    else this.#dispatch(ask)
    return {
      answer: ask.answer.promise,
      stop: () => {
        if (!this.#asks.drop(ask.id)) return
        if (this.#isReady) this.#guests.stop(this.#id, ask.id)
        else this.#post({ kind: 'stop', to: this.#leader, id: ask.id })
      },
    }
  }

  tell(bulletin: PackedBulletin): void {
    const reign = this.#reign
    if (this.hasCompany && reign !== undefined) this.#post({ kind: 'bulletin', reign, bulletin })
  }

  stillLeads(): Promise<boolean> {
    return this.#election.stillLeads()
  }

  /** Neither asks nor answers any more; the lead is kept until `leave`. */
  fallSilent(): void {
    this.#hasLeft = true
    this.#isReady = false
    this.#vigil.stop()
    this.#asks.fail(new TidingsError('CLOSED'))
  }

  leave(): void {
    this.fallSilent()
    this.#election.leave()
    this.#wire.close()
  }

  get #leader(): string {
    return this.#reign?.leader ?? ''
  }

  #isStill(reign: Reign | undefined): boolean {
    return this.#isReady && this.#reign === reign
  }

  get #isInLead(): boolean {
    return this.#reign?.leader === this.#id
  }

  #lockOf(tab: string): string {
    return `tidings ${this.#options.name} ${tab}`
  }

  async #lead(isFirst: boolean): Promise<void> {
    const { environment, handlers, revision } = this.#options
    this.#newest = Math.max(this.#newest + 1, environment.wallClock())
    const reign = { number: this.#newest, leader: this.#id }
    this.#reign = reign
    this.#missed = []
    this.#vigil.stop()
    if (!isFirst) {
      this.hasCompany = true
      this.#post({ kind: 'poll', reign, revision: revision() })
      await new Promise<void>((resolve) => environment.after(LAST_WORDS_MS, resolve))
    }
    if (this.#reign === reign) await handlers.lead(reign, this.#missed)
    if (this.#reign !== reign || this.#hasLeft) return
    this.#isReady = true
    this.#post({ kind: 'claim', reign })
    for (const ask of this.#asks.open()) this.#dispatch(ask)
  }

  /** Unless it is known already. */
  #deposed(): void {
    if (!this.#isInLead) return
    this.#isReady = false
    this.#reign = undefined
    this.#guests.clear()
    this.#options.handlers.depose()
    this.#vigil.start()
    this.#post({ kind: 'hello' })
  }

  #dispatch(ask: Ask): void {
    const reign = this.#reign
    if (reign === undefined || (this.#isInLead && !this.#isReady)) return
    ask.reign = reign.number
    const { id, path, input } = ask
    if (this.#isReady) {
      const mine = (): Ask | undefined =>
        this.#isStill(reign) ? this.#asks.take(id, reign.number) : undefined
      this.#guests.perform(this.#id, id, { path, input }).then(
        (output) => mine()?.answer.resolve(output),
        (thrown: unknown) => mine()?.answer.reject(toTidingsError(thrown)),
      )
      return
    }
    try {
      this.#post({ kind: 'ask', to: reign.leader, id, path, input })
      this.#vigil.expect()
    } catch (thrown) {
      const error = new TidingsError('INVALID_INPUT', 'This is no plain data.', { cause: thrown })
      this.#asks.take(id, reign.number)?.answer.reject(error)
    }
  }

  #receive(message: TabMessage): void {
    if (message.version !== VERSION) this.#warn()
    if (message.version !== VERSION || ('to' in message && message.to !== this.#id)) return
    this.hasCompany = true
    if (message.from === this.#leader || message.kind === 'pong') this.#vigil.heard()
    this.#take(message)
  }

  #take(message: TabMessage): void {
    const { handlers } = this.#options
    switch (message.kind) {
      case 'hello':
        if (this.#isReady && this.#reign !== undefined)
          this.#post({ kind: 'claim', reign: this.#reign })
        return
      case 'poll':
        this.#polled(message)
        return
      case 'have':
        this.#missed = longer(this.#missed, message.bulletins)
        return
      case 'claim':
        this.#claimed(message.reign)
        return
      case 'bulletin':
        if (message.reign.number === this.#reign?.number) handlers.hear(message.bulletin)
        return
      case 'ask':
        void this.#asked(message)
        return
      case 'stop':
        this.#guests.stop(message.from, message.id)
        return
      case 'answer':
        this.#answered(message)
        return
      case 'ping':
        if (!this.#isInLead) return
        this.#post({ kind: 'pong', to: message.from })
        handlers.hurry()
        return
      case 'pong':
    }
  }

  /** Nothing of the leader before is heard from now on: whoever leads next knows it, or nobody does. */
  #polled({ from, reign, revision }: Extract<TabMessage, { kind: 'poll' }>): void {
    if (reign.number <= this.#newest) return
    this.#deposed()
    this.#newest = reign.number
    this.#reign = undefined
    this.#vigil.start()
    const bulletins = this.#options.handlers.since(revision)
    if (bulletins.length > 0) this.#post({ kind: 'have', to: from, bulletins })
  }

  #claimed(reign: Reign): void {
    if (reign.number < this.#newest || reign.number === this.#reign?.number) return
    this.#deposed()
    this.#newest = reign.number
    this.#reign = reign
    this.#vigil.start()
    this.#options.handlers.follow(reign)
    for (const ask of this.#asks.open()) this.#dispatch(ask)
  }

  async #asked({ from, id, path, input }: Extract<TabMessage, { kind: 'ask' }>): Promise<void> {
    if (!this.#isReady) return
    if (!this.#guests.has(from))
      this.#election.onGone(this.#lockOf(from), () => this.#guests.remove(from))
    const reign = this.#reign
    const outcome = await this.#guests.perform(from, id, { path, input }).then(
      (output): Outcome => ({ kind: 'done', output }),
      (thrown: unknown): Outcome => ({ kind: 'failed', error: toPlain(toTidingsError(thrown)) }),
    )
    // Who leads no more must not tell what became of it then.
    if (this.#isStill(reign)) this.#post({ kind: 'answer', to: from, id, outcome })
  }

  #answered({ id, outcome }: Extract<TabMessage, { kind: 'answer' }>): void {
    const answer = this.#reign && this.#asks.take(id, this.#reign.number)?.answer
    if (outcome.kind === 'done') answer?.resolve(outcome.output)
    else answer?.reject(fromPlain(outcome.error))
  }

  #warn(): void {
    if (this.#isStrange) return
    this.#isStrange = true
    const message = 'Another tab runs another version: load both again.'
    this.#options.handlers.error(new TidingsError('UNSUPPORTED_VERSION', message))
  }

  #post(message: TabMessageBody): void {
    if (!this.#hasLeft) this.#wire.post({ ...message, version: VERSION, from: this.#id })
  }
}
