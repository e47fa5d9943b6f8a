import { conversationSchema, nameKey } from '@tidings/protocol'
import { isTidingsError, type Scope } from '@tidings/protocol/wire'
import type { Context } from '../../rpc/context.ts'
import { callProcedure } from '../procedure.ts'
import { openWith } from '../seeds/correspondent.ts'
import type { Correspondents } from './seed-message.ts'

const REMEMBERED = 1000

const READING: ReadonlySet<Scope> = new Set(['conversations:read'])

/** Which conversation is with whom, for clients that know people and no conversations. Asked once, with the client's rights. */
export class Directory {
  readonly #context: Context
  /** By the key of the other one's name. */
  readonly #conversations = new Map<string, string>()
  /** By conversation; null for one that is not direct, or not the client's to see. */
  readonly #peers = new Map<string, string | null>()

  constructor(context: Context) {
    this.#context = context
  }

  /** @throws what `toTidingsError` understands: NOT_FOUND for an unknown user */
  async conversationWith(username: string): Promise<string> {
    const key = nameKey(username)
    const known = this.#conversations.get(key)
    if (known !== undefined) return known
    const { id } = await openWith(this.#context, { username })
    remember(this.#conversations, key, id)
    return id
  }

  /** The two of a direct conversation; undefined for any other. */
  async correspondents(conversationId: string): Promise<Correspondents | undefined> {
    const { actor } = this.#context
    const peer = this.#peers.get(conversationId) ?? (await this.#askPeer(conversationId))
    return peer === null || actor === null
      ? undefined
      : { userId: actor.userId, username: actor.username, peer }
  }

  async #askPeer(conversationId: string): Promise<string | null> {
    if (this.#peers.has(conversationId)) return null
    const peer = await this.#findPeer(conversationId)
    remember(this.#peers, conversationId, peer)
    return peer
  }

  /**
   * The client has not asked for it, and must be handed its messages all the same: it is not charged, and an app needs no scope
   * of conversations, since whoever may read messages is told with whom they are (`message.listDirect`). Its limits hold.
   */
  #forLooking(): Context {
    const { actor, source } = this.#context
    const grant = actor?.grant && { ...actor.grant, scopes: READING }
    return {
      ...this.#context,
      actor: actor && { ...actor, grant },
      source: { ...source, door: 'local' },
    }
  }

  async #findPeer(conversationId: string): Promise<string | null> {
    const input = { conversationId }
    const context = this.#forLooking()
    try {
      const output = await callProcedure(context, { path: 'conversation.get', input })
      const { kind, peer } = conversationSchema.parse(output)
      // Notes to oneself are with oneself.
      const self = kind === 'self' ? (context.actor?.username ?? null) : null
      return peer?.username ?? self
    } catch (thrown) {
      if (isTidingsError(thrown) && thrown.code === 'NOT_FOUND') return null
      throw thrown
    }
  }
}

function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.set(key, value)
  if (map.size <= REMEMBERED) return
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
}
