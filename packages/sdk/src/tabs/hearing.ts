import type { Kinds } from '@tidings/protocol/wire'
import type { Position } from '@tidings/protocol/sync'
import type { ConnectionState } from '../connection-state.ts'
import type { Core } from '../core.ts'
import type { Bulletin, TabNews } from './messages.ts'
import type { Sends } from './sends.ts'
import type { SharedTokens } from './shared-tokens.ts'
import type { Snapshot } from './snapshot.ts'

export interface HearingOptions<K extends Kinds> {
  readonly core: Core<K>
  readonly sends: Sends
  readonly tokens: SharedTokens
}

/** Shows and tells in this tab what the leader has told: the same rows, events, signals and states, and nothing twice. */
export class Hearing<K extends Kinds> {
  readonly #options: HearingOptions<K>

  constructor(options: HearingOptions<K>) {
    this.#options = options
  }

  hear({ news }: Bulletin): void {
    const { tables } = this.#options.core.local
    // After a change of leaders it may come again.
    const fresh = news.filter(
      (one) =>
        one.kind !== 'event' || one.event.seq > (tables.positions.get(one.event.stream)?.seq ?? 0),
    )
    for (const one of fresh) this.#hear(one)
  }

  /** Puts what the leader knows in the place of what is known here. `isAnew`: something was known, and may be missed. */
  adopt({ rows, sending, state, isUp, credentials }: Snapshot, isAnew: boolean): void {
    const { core, sends } = this.#options
    const { local } = core
    const before = new Map(local.tables.positions)
    sends.hideAll()
    if (isAnew) local.forget()
    this.#hear({ kind: 'user', credentials })
    local.hear(rows)
    this.#hear({ kind: 'sending', orders: sending, isSending: true })
    if (JSON.stringify(state) !== JSON.stringify(core.state)) this.#moved(state)
    else core.elsewhere = state
    if (isUp) this.#up()
    if (isAnew) this.tellMissed(before)
    for (const id of local.tables.open.keys()) local.history.look(id)
  }

  #hear(news: TabNews): void {
    const { core, sends } = this.#options
    switch (news.kind) {
      case 'event':
        if (news.event.type === 'message.created') {
          const { conversationId, senderId } = news.event.body.message
          core.local.typing.end(conversationId, senderId)
        }
        sends.told(news.event)
        core.teller.announce(news.event)
        return
      case 'reset':
        core.events.emit('reset', news.restarted)
        return
      case 'signal':
        core.signalled(news.signal)
        return
      case 'state':
        this.#moved(news.state)
        return
      case 'caughtUp':
        this.#up()
        core.events.emit('caughtUp', {})
        return
      case 'error':
        core.report(news.error)
        return
      case 'rows':
      case 'sending':
      case 'cleared':
      case 'user':
        this.#show(news)
    }
  }

  /** What is seen in the store alone. */
  #show(news: Extract<TabNews, { kind: 'rows' | 'sending' | 'cleared' | 'user' }>): void {
    const { core, sends, tokens } = this.#options
    const { local } = core
    switch (news.kind) {
      case 'rows':
        sends.makeWay(news.changes)
        local.hear(news.changes)
        return
      case 'sending':
        for (const order of news.orders) local.tables.setSending(order, news.isSending)
        break
      case 'cleared':
        sends.hideAll()
        local.forget()
        break
      case 'user':
        tokens.hear(news.credentials)
        core.tokens.assume(news.credentials)
        local.subjects.touch('user')
    }
    local.subjects.flush()
  }

  #moved(state: ConnectionState): void {
    const { core } = this.#options
    core.elsewhere = state
    if (state.state !== 'connected') core.local.down()
    core.local.subjects.touch('connection')
    core.local.subjects.flush()
    core.events.emit('connection', state)
  }

  /** Not the whole of what a connection brings: asking the server is the leader's part, but for what only this tab shows. */
  #up(): void {
    const { history, presence } = this.#options.core.local
    history.up()
    presence.up()
  }

  /** Events between then and now were not told here. */
  tellMissed(before: ReadonlyMap<string, Position>): void {
    const { core } = this.#options
    for (const [stream, { seq }] of before) {
      const now = core.local.tables.positions.get(stream)
      if (now === undefined) core.events.emit('reset', { stream, reason: 'gone' })
      else if (now.seq !== seq) core.events.emit('reset', { stream, reason: 'too_far' })
    }
  }
}
