import type { Kinds } from '@tidings/protocol/wire'
import { createDeferred, type Deferred } from '../deferred.ts'
import { toTidingsError } from '../errors.ts'
import type { Assembled, Assembly } from '../assembly.ts'
import type { Seam } from '../news.ts'
import type { Said, Say } from '../sending.ts'
import { isRepeatableCall } from './deeds.ts'
import { Hearing } from './hearing.ts'
import { Leading, type Joined, type Joining } from './leading.ts'
import {
  given,
  NOTIFICATIONS,
  packBulletin,
  unpackBulletin,
  unpackState,
  type PackedBulletin,
  type Reign,
} from './messages.ts'
import type { TabPlatform } from './platform.ts'
import { Press } from './press.ts'
import { punctual } from './punctual.ts'
import type { Asked, SeatHandlers } from './seat-options.ts'
import { Seat } from './seat.ts'
import { Sends } from './sends.ts'
import { SharedStorage } from './shared-storage.ts'
import { SharedTokens } from './shared-tokens.ts'
import { beginFromKept, takeOver } from './succession.ts'

/** One tab's client: the one that has the connection, or one that shows what that one tells. */
export class TabClient<K extends Kinds> {
  readonly seat: Seat
  readonly parts: Assembled<K>
  readonly #press: Press
  readonly #sends: Sends
  readonly #hearing: Hearing<K>
  readonly #leading: Leading<K>
  readonly #storage: SharedStorage
  readonly #tokens: SharedTokens
  /** This tab has the connection and keeps what is known, or is about to. */
  #isKeeping = false
  /** What is known here was told by a leader, or by this tab when it led; in that reign. */
  #heard: number | undefined
  #reign: Reign | undefined
  /** Reigns whose bulletins follow one another. */
  readonly #reigns = new Set<number>()
  /** Bulletins of a leader that has not said yet where to begin. */
  #early: PackedBulletin[] | undefined = []
  #joining: Asked | undefined
  /** Resolved while this tab knows what the leader knows. */
  #level: Deferred<void> = createDeferred()
  #watching: Asked[] = []
  #isClosing = false

  constructor(
    name: string,
    platform: TabPlatform,
    { options, environment, assemble }: Assembly<K>,
  ) {
    const clock = punctual(environment)
    const { storage, tokens } = options
    this.#press = new Press((bulletin) => this.seat.tell(packBulletin(bulletin)))
    this.#tokens = new SharedTokens(tokens, (credentials) =>
      this.#tell({ kind: 'user', credentials }),
    )
    this.#storage = new SharedStorage(storage, {
      isKeeping: () => this.#isKeeping,
      stillLeads: () => this.seat.stillLeads(),
      ask: (range) => this.#ask('read', range),
      revision: () => this.#press.revision,
    })
    const own = { ...options, storage: this.#storage, tokens: this.#tokens, tabs: undefined }
    this.parts = assemble({ options: own, environment: clock, seam: this.#seam() })
    const { core } = this.parts
    this.#sends = new Sends(core.local)
    this.#hearing = new Hearing({ core, sends: this.#sends, tokens: this.#tokens })
    this.#leading = new Leading({ parts: this.parts, press: this.#press, storage: this.#storage })
    core.sayElsewhere = (said) => this.#say(said)
    this.#setElsewhere(true)
    core.elsewhere = core.state
    const handlers = this.#handlers(() => clock.runOverdue())
    const revision = (): number => this.#press.revision
    this.seat = new Seat({ name, platform, environment: clock, handlers, revision })
    this.seat.start()
  }

  /** Resolves when this tab knows what the leader knows. */
  get level(): Promise<void> {
    return this.#level.promise
  }

  async close(): Promise<void> {
    this.#isClosing = true
    this.seat.fallSilent()
    this.#level.resolve()
    this.parts.core.elsewhere = undefined
    await this.parts.client.close()
    this.seat.leave()
  }

  #handlers(hurry: () => void): SeatHandlers {
    return {
      lead: (reign, missed) => this.#lead(reign, missed),
      depose: () => this.#depose(),
      follow: (reign) => this.#follow(reign),
      perform: (request, signal) => this.#leading.perform(request, signal),
      hear: (bulletin) => this.#hear(bulletin),
      since: (revision) => (this.#press.since(revision) ?? []).map(packBulletin),
      hurry,
      error: (thrown) => this.parts.core.report(toTidingsError(thrown)),
    }
  }

  #seam(): Seam {
    return {
      tell: (news) => this.#tell(news),
      call: (call, own) => {
        if (this.#isKeeping) return own(call)
        const { path, input } = call
        return this.seat.ask({ path: 'call', input: { path, input } }, isRepeatableCall(path))
          .answer
      },
    }
  }

  #tell(news: Parameters<Press['tell']>[0]): void {
    if (!this.#isKeeping || this.#isClosing) return
    if (news.kind === 'caughtUp') this.#leading.isUp = true
    if (news.kind === 'state' && news.state.state !== 'connected') this.#leading.isUp = false
    this.#press.tell(news)
  }

  #ask(path: string, input: unknown): Promise<unknown> {
    return this.seat.ask({ path, input }, true).answer
  }

  #say(said: Said<K>): Say {
    return (row, body) => {
      const asked = this.seat.ask({ path: 'message.send', input: said }, true)
      // Here its own row is there already.
      if (this.seat.isLeading) return asked.answer.then((sent) => given(sent))
      return this.#sends.begin(row, body, asked)
    }
  }

  #setElsewhere(isElsewhere: boolean): void {
    const { local } = this.parts.core
    const { history, roster, notifications } = local
    local.loadElsewhere = isElsewhere ? () => this.#load() : undefined
    history.fetchElsewhere = isElsewhere
      ? (id, from) => this.#ask('older', { id, from })
      : undefined
    const watched = isElsewhere ? (id: string) => this.#watched(id) : undefined
    roster.watchElsewhere = watched
    notifications.watchElsewhere = watched && (() => watched(NOTIFICATIONS))
    for (const asked of this.#watching) asked.stop()
    this.#watching = []
  }

  async #load(): Promise<void> {
    await this.level
    const { local } = this.parts.core
    if (local.loadElsewhere === undefined) await local.load()
  }

  #watched(id: string): () => void {
    const asked = this.#watch(id)
    return () => asked.stop()
  }

  #watch(id: string): Asked {
    const asked = this.seat.ask({ path: 'watch', input: id }, true)
    asked.answer.catch(() => undefined)
    return asked
  }

  async #lead(reign: Reign, missed: readonly PackedBulletin[]): Promise<void> {
    const { core } = this.parts
    this.#joining?.stop()
    this.#joining = undefined
    if (this.#heard !== undefined) for (const bulletin of missed) this.#take(bulletin)
    const { state } = core.state
    this.#sends.hideAll()
    this.#setElsewhere(false)
    this.#isKeeping = true
    this.#leading.isUp = false
    core.elsewhere = undefined
    // What cannot be read now is told when something is written.
    const progress = await this.#storage.progress().catch(() => undefined)
    this.#storage.begin(reign)
    const succession = {
      ...{ core, press: this.#press, storage: this.#storage, tokens: this.#tokens },
      ...{ hearing: this.#hearing, reigns: this.#reigns, progress },
    }
    if (this.#heard === undefined) await beginFromKept(succession, missed)
    else await takeOver(succession)
    this.#reign = reign
    this.#reigns.add(reign.number)
    this.#leading.begin(reign.number)
    this.#early = undefined
    this.#level.resolve()
    if (this.#heard !== undefined && state !== 'disconnected') core.connect().catch(() => undefined)
  }

  #depose(): void {
    const { core } = this.parts
    const { tables } = core.local
    const { state } = core
    this.#heard = this.#reign?.number ?? this.#heard
    this.#unlevel()
    this.#setElsewhere(true)
    const { roster, notifications } = core.local
    const watched = [...roster.watched, ...(notifications.isWatched ? [NOTIFICATIONS] : [])]
    this.#watching = watched.map((id) => this.#watch(id))
    for (const order of tables.sending.values()) tables.setSending(order, false)
    this.#isKeeping = false
    void core.leave(state)
  }

  #follow(reign: Reign): void {
    this.#reigns.add(reign.number)
    this.#reign = reign
    this.#join()
  }

  get #isBehind(): boolean {
    return this.#early !== undefined
  }

  #unlevel(): void {
    if (this.#isBehind) return
    this.#early = []
    this.#level = createDeferred()
  }

  #join(): void {
    this.#unlevel()
    this.#joining?.stop()
    const revision = this.#heard === undefined ? undefined : this.#press.revision
    const input: Joining = { revision, reign: this.#heard }
    const asked = this.seat.ask({ path: 'join', input }, true)
    this.#joining = asked
    asked.answer.then(
      (joined) => {
        if (this.#joining === asked) this.#joined(given(joined))
      },
      (thrown: unknown) => {
        if (!this.#isClosing) this.parts.core.report(toTidingsError(thrown))
      },
    )
  }

  #joined({ bulletins = [], snapshot }: Joined): void {
    this.#joining = undefined
    const early = this.#early ?? []
    this.#early = undefined
    if (snapshot !== undefined) {
      this.#press.begin(snapshot.revision)
      const state = unpackState(snapshot.state)
      this.#hearing.adopt({ ...snapshot, state }, this.#heard !== undefined)
    }
    this.#heard = this.#reign?.number
    for (const bulletin of [...bulletins, ...early]) this.#hear(bulletin)
    if (!this.#isBehind) this.#level.resolve()
  }

  #hear(bulletin: PackedBulletin): void {
    if (this.#early !== undefined) this.#early.push(bulletin)
    else if (!this.#take(bulletin)) this.#join()
  }

  /** False when something before it is missing. */
  #take(packed: PackedBulletin): boolean {
    if (packed.revision <= this.#press.revision) return true
    if (packed.revision > this.#press.revision + 1) return false
    const bulletin = unpackBulletin(packed)
    this.#press.keep(bulletin)
    this.#hearing.hear(bulletin)
    return true
  }
}
