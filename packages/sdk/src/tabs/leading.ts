import type { Kinds } from '@tidings/protocol/wire'
import type { Assembled } from '../assembly.ts'
import type { Said } from '../sending.ts'
import type { KeyRange } from '../storage.ts'
import { deedOf } from './deeds.ts'
import {
  given,
  NOTIFICATIONS,
  packBulletin,
  packState,
  type PackedBulletin,
  type Request,
} from './messages.ts'
import type { Press } from './press.ts'
import type { SharedStorage } from './shared-storage.ts'
import { rowsOf, type Snapshot } from './snapshot.ts'

/** What a tab that begins to follow says: how far it has heard, and in which reign. */
export interface Joining {
  readonly revision: number | undefined
  readonly reign: number | undefined
}

/** What it is answered: what it has missed, or everything. */
export interface Joined {
  readonly bulletins?: readonly PackedBulletin[]
  readonly snapshot?: Snapshot
}

export interface LeadingOptions<K extends Kinds> {
  readonly parts: Assembled<K>
  readonly press: Press
  readonly storage: SharedStorage
}

/** What a tab does for the others while it leads. */
export class Leading<K extends Kinds> {
  readonly #options: LeadingOptions<K>
  #reign = 0
  /** The revision with which the reign began: who has heard more in an earlier one has heard something else. */
  #base = 0
  /** The connection is there, and everything missed has been told. */
  isUp = false

  constructor(options: LeadingOptions<K>) {
    this.#options = options
  }

  begin(reign: number): void {
    this.#reign = reign
    this.#base = this.#options.press.revision
  }

  /** Does what was asked for; the signal says that it is not wanted any more. */
  async perform(request: Request, signal: AbortSignal): Promise<unknown> {
    const { parts, press, storage } = this.#options
    const { core } = parts
    const { local } = core
    switch (request.path) {
      case 'join':
        return this.#welcome(given(request.input))
      case 'read':
        await local.written()
        return storage.read(given<KeyRange>(request.input))
      case 'older': {
        const { id, from } = given<{ readonly id: string; readonly from: number }>(request.input)
        return local.history.fetch(id, from)
      }
      case 'watch':
        return this.#watchFor(given(request.input), signal)
      case 'message.send': {
        const said = given<Said<K>>(request.input)
        const before = press.sentBefore(said.conversationId, said.clientMessageId)
        return before ?? core.speaker.send(said)
      }
      default:
        return deedOf<K>(request)?.(parts, request.input)
    }
  }

  async #welcome({ revision, reign }: Joining): Promise<Joined> {
    const { parts, press } = this.#options
    const { core } = parts
    const { local } = core
    // What fails here is told by whoever connects.
    await local.load().catch(() => undefined)
    const isSame = reign === this.#reign || (revision ?? 0) <= this.#base
    const bulletins = isSame && revision !== undefined ? press.since(revision) : undefined
    if (bulletins !== undefined) return { bulletins: bulletins.map(packBulletin) }
    const snapshot = {
      revision: press.revision,
      rows: rowsOf(local.tables),
      sending: local.tables.sending.values(),
      state: packState(core.state),
      isUp: this.isUp,
      credentials: core.tokens.credentials,
    }
    return { snapshot: given(snapshot) }
  }

  /** Has the members, or the notifications, at hand for another tab until the signal comes. */
  async #watchFor(id: string, signal: AbortSignal): Promise<void> {
    const { parts, press } = this.#options
    const { roster, notifications, tables } = parts.core.local
    const unwatch = id === NOTIFICATIONS ? notifications.watch() : roster.watch(id)
    const row = tables.members.get(id)
    if (row !== undefined)
      press.tell({ kind: 'rows', changes: [{ table: 'members', id, row }], isStep: false })
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
    unwatch()
  }
}
