import type { Kinds } from '@tidings/protocol/wire'
import { createDeferred, type Deferred } from '../deferred.ts'
import { toTidingsError } from '../errors.ts'
import type { Assembled, Assembly, Seam } from '../news.ts'
import type { Said, Say } from '../sending.ts'
import type { KeyRange } from '../storage.ts'
import { deedOf, isRepeatableCall } from './deeds.ts'
import { Hearing } from './hearing.ts'
import {
  given,
  packBulletin,
  packState,
  unpackBulletin,
  unpackState,
  type PackedBulletin,
  type Reign,
  type Request,
} from './messages.ts'
import type { TabPlatform } from './platform.ts'
import { changesOf, Press } from './press.ts'
import { punctual } from './punctual.ts'
import { Seat, type Asked } from './seat.ts'
import { Sends } from './sends.ts'
import { SharedStorage, type Progress } from './shared-storage.ts'
import { SharedTokens } from './shared-tokens.ts'
import { rowsOf, withoutMessages, type Snapshot } from './snapshot.ts'

/** What a tab that begins to follow says: how far it has heard, and in which reign. */
interface Joining {
  readonly revision: number | undefined
  readonly reign: number | undefined
}

/** What it is answered: what it has missed, or everything. */
interface Joined {
  readonly bulletins?: readonly PackedBulletin[]
  readonly snapshot?: Snapshot
}

/** One tab's client: the one that has the connection, or one that shows what that one tells. */
export class TabClient<K extends Kinds> {
  readonly seat: Seat
  readonly parts: Assembled<K>
  readonly #press: Press
  readonly #sends: Sends
  readonly #hearing: Hearing<K>
  readonly #storage: SharedStorage
  readonly #tokens: SharedTokens
  /** This tab has the connection and keeps what is known, or is about to. */
  #isKeeping = false
  /** What is known here was told by a leader, or by this tab when it led; in that reign. */
  #heard: number | undefined
  #reign: Reign | undefined
  /** The revision with which this tab's reign began. */
  #base = 0
  /** Reigns whose bulletins follow one another. */
  readonly #reigns = new Set<number>()
  /** Bulletins of a leader that has not said yet where to begin. */
  #early: PackedBulletin[] | undefined = []
  #joining: Asked | undefined
  /** Resolved while this tab knows what the leader knows. */
  #level: Deferred<void> = createDeferred()
  #watching: Asked[] = []
  #isUp = false
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
    this.#sends = new Sends(core.local, () => environment.random())
    this.#hearing = new Hearing({ core, sends: this.#sends, tokens: this.#tokens })
    core.sayElsewhere = (said) => this.#say(said)
    this.#setElsewhere(true)
    core.elsewhere = core.state
    this.seat = new Seat({
      ...{ name, platform, environment: clock },
      revision: () => this.#press.revision,
      handlers: {
        lead: (reign, missed) => this.#lead(reign, missed),
        depose: () => this.#depose(),
        follow: (reign) => this.#follow(reign),
        perform: (request, signal) => this.#perform(request, signal),
        hear: (_reign, bulletin) => this.#hear(bulletin),
        since: (revision) => (this.#press.since(revision) ?? []).map(packBulletin),
        hurry: () => clock.runOverdue(),
        error: (thrown) => core.report(toTidingsError(thrown)),
      },
    })
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
    if (news.kind === 'caughtUp') this.#isUp = true
    if (news.kind === 'state' && news.state.state !== 'connected') this.#isUp = false
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
    const { history, roster } = local
    local.loadElsewhere = isElsewhere ? () => this.#load() : undefined
    history.fetchElsewhere = isElsewhere
      ? (id, from) => this.#ask('older', { id, from })
      : undefined
    roster.watchElsewhere = isElsewhere ? (id) => this.#watch(id).stop : undefined
    for (const { stop } of this.#watching) stop()
    this.#watching = []
  }

  async #load(): Promise<void> {
    await this.level
    const { local } = this.parts.core
    if (local.loadElsewhere === undefined) await local.load()
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
    this.#isUp = false
    core.elsewhere = undefined
    // What cannot be read now is told when something is written.
    const progress = await this.#storage.progress().catch(() => undefined)
    this.#storage.begin(reign)
    if (this.#heard === undefined) await this.#begin(missed, progress)
    else await this.#takeOver(progress)
    this.#reign = reign
    this.#reigns.add(reign.number)
    this.#base = this.#press.revision
    this.#early = undefined
    this.#level.resolve()
    if (this.#heard !== undefined && state !== 'disconnected') core.connect().catch(() => undefined)
  }

  /** Leads from what is kept, with what others have heard and the leader before has not kept. */
  async #begin(missed: readonly PackedBulletin[], progress: Progress | undefined): Promise<void> {
    const { local } = this.parts.core
    const revision = progress?.revision ?? 0
    this.#press.begin(revision)
    const further = missed.filter((bulletin) => bulletin.revision > revision)
    if (further[0]?.revision !== revision + 1) return
    await local.load().catch(() => undefined)
    this.#press.begin(further.at(-1)?.revision ?? revision)
    local.commit(changesOf(further.map(unpackBulletin)))
  }

  /** Leads from what this tab knows. */
  async #takeOver(progress: Progress | undefined): Promise<void> {
    const { core } = this.parts
    const { local } = core
    core.tokens.assume(await this.#tokens.load())
    if (local.tables.userId === undefined) return
    const isOurs = progress !== undefined && this.#reigns.has(progress.reign)
    if (isOurs && progress.revision > this.#press.revision) {
      // The leader before has kept something and died in the moment before he told it.
      const before = new Map(local.tables.positions)
      local.forget()
      this.#press.begin(progress.revision)
      await local.load()
      this.#hearing.tellMissed(before)
      return
    }
    const unkept = isOurs ? this.#press.since(progress.revision) : undefined
    if (unkept !== undefined) local.takeOver(changesOf(unkept))
    else {
      // Another storage than the leader's, or one that was emptied.
      await this.#storage.clear().catch(() => undefined)
      local.hear(withoutMessages(local.tables))
      local.takeOver(rowsOf(local.tables))
    }
  }

  #depose(): void {
    const { core } = this.parts
    const { tables } = core.local
    const { state } = core
    this.#heard = this.#reign?.number ?? this.#heard
    this.#unlevel()
    this.#setElsewhere(true)
    this.#watching = [...core.local.roster.watched].map((id) => this.#watch(id))
    for (const order of [...tables.sending]) tables.setSending(order, false)
    this.#isKeeping = false
    void core.leave(state)
  }

  #follow(reign: Reign): void {
    this.#reigns.add(reign.number)
    this.#reign = reign
    this.#join()
  }

  #unlevel(): void {
    if (this.#early !== undefined) return
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
    if (this.#early === undefined) this.#level.resolve()
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

  async #perform(request: Request, signal: AbortSignal): Promise<unknown> {
    const { core } = this.parts
    const { local } = core
    switch (request.path) {
      case 'join':
        return this.#welcome(given(request.input))
      case 'read':
        await local.written()
        return this.#storage.read(given<KeyRange>(request.input))
      case 'older': {
        const { id, from } = given<{ readonly id: string; readonly from: number }>(request.input)
        return local.history.fetch(id, from)
      }
      case 'watch':
        return this.#watchFor(given(request.input), signal)
      case 'message.send': {
        const said = given<Said<K>>(request.input)
        const before = this.#press.sentBefore(said.conversationId, said.clientMessageId)
        return before ?? core.speaker.send(said)
      }
      default:
        return deedOf<K>(request)?.(this.parts, request.input)
    }
  }

  async #welcome({ revision, reign }: Joining): Promise<Joined> {
    const { core } = this.parts
    const { local } = core
    // What fails here is told by whoever connects.
    await local.load().catch(() => undefined)
    const isSame = reign === this.#reign?.number || (revision ?? 0) <= this.#base
    const bulletins = isSame && revision !== undefined ? this.#press.since(revision) : undefined
    if (bulletins !== undefined) return { bulletins: bulletins.map(packBulletin) }
    const snapshot = {
      revision: this.#press.revision,
      rows: rowsOf(local.tables),
      sending: [...local.tables.sending],
      state: packState(core.state),
      isUp: this.#isUp,
      credentials: core.tokens.credentials,
    }
    return { snapshot: given(snapshot) }
  }

  /** Has the members at hand for another tab until the signal comes. */
  async #watchFor(id: string, signal: AbortSignal): Promise<void> {
    const { roster, tables } = this.parts.core.local
    const unwatch = roster.watch(id)
    const row = tables.members.get(id)
    if (row !== undefined)
      this.#tell({ kind: 'rows', changes: [{ table: 'members', id, row }], isStep: false })
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    unwatch()
  }
}
