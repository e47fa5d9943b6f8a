import type { Sent } from '@tidings/protocol/wire'
import type { RowChange } from '../store/rows.ts'
import type { Bulletin, TabNews } from './messages.ts'
import { toSent } from './sends.ts'

/** Bulletins that are remembered for those who missed them, and for who takes over. */
const REMEMBERED = 512

/** Everything that has happened, in order and numbered: told by the leader, heard by the others. */
export class Press {
  readonly #send: (bulletin: Bulletin) => void
  #revision = 0
  #recent: Bulletin[] = []
  /** Events and resets whose step is not complete. */
  #step: TabNews[] = []

  constructor(send: (bulletin: Bulletin) => void) {
    this.#send = send
  }

  /** The number of the newest bulletin. */
  get revision(): number {
    return this.#revision
  }

  /** Tells the others. An event goes out with the rows that it leads to, after them: it is told once, or not yet. */
  tell(news: TabNews): void {
    if (news.kind === 'event' || news.kind === 'reset') this.#step.push(news)
    else if (news.kind === 'cleared') this.#publish([...this.#take(), news])
    else if (news.kind === 'rows' && news.isStep) this.#publish([news, ...this.#take()])
    else this.#publish([news])
  }

  /** Remembers what was heard. */
  keep(bulletin: Bulletin): void {
    this.#revision = bulletin.revision
    this.#recent.push(bulletin)
    if (this.#recent.length > 2 * REMEMBERED) this.#recent = this.#recent.slice(-REMEMBERED)
  }

  /** What came after a revision; undefined when it is not remembered. */
  since(revision: number): readonly Bulletin[] | undefined {
    const first = this.#recent[0]?.revision ?? this.#revision + 1
    if (revision + 1 < first || revision > this.#revision) return undefined
    return this.#recent.filter((bulletin) => bulletin.revision > revision)
  }

  /** The acknowledgement of a message of the user's whose event is remembered. */
  sentBefore(conversationId: string, clientMessageId: string): Sent | undefined {
    for (const { news } of this.#recent) {
      for (const one of news) {
        if (one.kind !== 'event' || one.event.type !== 'message.created') continue
        const { message } = one.event.body
        const isIt = message.clientMessageId === clientMessageId
        if (isIt && message.conversationId === conversationId) return toSent(one.event)
      }
    }
    return undefined
  }

  /** Begins anew at a revision, of what came before nothing is remembered. */
  begin(revision: number): void {
    this.#revision = revision
    this.#recent = []
    this.#step = []
  }

  #take(): TabNews[] {
    const step = this.#step
    this.#step = []
    return step
  }

  #publish(news: readonly TabNews[]): void {
    const bulletin = { revision: this.#revision + 1, news }
    this.keep(bulletin)
    this.#send(bulletin)
  }
}

/** The rows that bulletins have changed. */
export function changesOf(bulletins: readonly Bulletin[]): RowChange[] {
  return bulletins.flatMap(({ news }) =>
    news.flatMap((one) => (one.kind === 'rows' ? one.changes : [])),
  )
}
