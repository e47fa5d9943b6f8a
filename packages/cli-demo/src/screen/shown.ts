import type { Readable, TidingsClient } from '@tidings/sdk'
import type { DeskState } from './desk-state.ts'
import { chosenOf, measure, transcript } from './frame.ts'
import { scroll, windowAt, type Anchor } from './transcript.ts'

/** Conversations whose peers' presence is followed. */
const PEERS_WATCHED = 50

/** Which conversation is shown, and which part of it. */
export class Shown {
  readonly #client: TidingsClient
  readonly #changed: () => void
  readonly #peers = new Map<string, () => void>()
  #stop: () => void = () => undefined
  #isNew = false
  id: string | undefined
  anchor: Anchor | undefined
  /** What was read when it was opened; undefined when everything was, or when there has been an answer. */
  readSeq: number | undefined

  constructor(client: TidingsClient, changed: () => void) {
    this.#client = client
    this.#changed = changed
  }

  choose(id: string | undefined): void {
    this.#stop()
    this.id = id
    this.anchor = undefined
    this.readSeq = undefined
    this.#isNew = true
    const { store } = this.#client
    const shown: readonly Readable<unknown>[] =
      id === undefined ? [] : [store.messages(id), store.members(id), store.typing(id)]
    const stops = shown.map((readable) => readable.subscribe(this.#changed))
    this.#stop = () => {
      for (const stop of stops) stop()
    }
  }

  /** The newest message again, and no mark of what is new: the user has answered. */
  follow(): void {
    this.anchor = undefined
    this.readSeq = undefined
  }

  scroll(state: DeskState, by: number): void {
    const measures = measure(state)
    const lines = transcript(state, measures)
    this.anchor = scroll(lines, { rows: measures.rows, anchor: this.anchor, by })
  }

  /** What follows from what is on the screen: it is read, and what is missing above is fetched. */
  look(state: DeskState, isFocused: boolean): void {
    this.#watchPeers(state)
    const { messages, anchor, sheet } = state
    const chosen = chosenOf(state)
    if (chosen === undefined || messages === undefined) return
    if (this.#isNew) {
      this.#isNew = false
      this.readSeq = chosen.unread > 0 ? chosen.readSeq : undefined
      if (this.readSeq !== undefined) this.#changed()
    }
    const { id: conversationId } = chosen
    const isSeen = isFocused && anchor === undefined && sheet === undefined
    if (isSeen && chosen.unread > 0)
      this.#client.message.read({ conversationId }).catch(() => undefined)
    const { hasOlder, loading, error } = messages
    if (!hasOlder || loading || error !== undefined) return
    const measures = measure(state)
    const { isAtTop } = windowAt(transcript(state, measures), measures.rows, anchor)
    // Why it has failed stands in the state of the messages.
    if (isAtTop)
      this.#client.store
        .messages(conversationId)
        .loadOlder()
        .catch(() => undefined)
  }

  close(): void {
    this.#stop()
    for (const stop of this.#peers.values()) stop()
  }

  #watchPeers({ conversations }: DeskState): void {
    for (const { peer } of conversations.slice(0, PEERS_WATCHED)) {
      if (peer === null || this.#peers.has(peer.id)) continue
      this.#peers.set(peer.id, this.#client.store.presence(peer.id).subscribe(this.#changed))
    }
  }
}
