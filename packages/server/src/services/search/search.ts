import { setImmediate } from 'node:timers/promises'
import { timestampSchema } from '@tidings/protocol'
import {
  LIMITS,
  TidingsError,
  type Message,
  type SearchHit,
  type SearchMessagesInput,
  type SearchPage,
} from '@tidings/protocol/wire'
import * as z from 'zod'
import { storedOf, toMessage } from '../../journal/event.ts'
import { listMessagesAt } from '../../stores/message.ts'
import { listCandidates, listSearchable, type Candidate } from '../../stores/search.ts'
import { DOCUMENTS_PER_MS, isLevel } from '../../stores/search-document.ts'
import { findUser } from '../../stores/user.ts'
import type { Actor } from '../actor.ts'
import type { Deps } from '../deps.ts'
import { parseCursor, toCursor } from '../page-cursor.ts'
import { searchedText, tokenQueryOf } from './document.ts'
import { excerptOf } from './excerpt.ts'
import { findTerms, termsOf, type Term } from './words.ts'

/** Of a user with more conversations the index is not asked for each of them; what he may not see is left out afterwards. */
const MAX_STREAMS = 256

/** Looked at for one page at most, however many of them do not fit. */
const MAX_CANDIDATES = 1000

/** Characters that are looked through for one page at most, and in one go: everybody else waits meanwhile. */
const MAX_CHARACTERS = 500_000
const GO_CHARACTERS = 8192

const NOTHING: SearchPage = { items: [], next: null, upToDate: true }
const cursorSchema = z.tuple([timestampSchema])

type Input = SearchMessagesInput & { readonly limit: number }

/**
 * Searches the messages that the actor may see, newest first. The index proposes; each message is looked at as it is now, so
 * that what was deleted is not found and what was edited is found by what it says now.
 * @throws TidingsError INVALID_INPUT, NOT_FOUND (a conversation of which he has never seen anything)
 */
export async function searchMessages(deps: Deps, actor: Actor, input: Input): Promise<SearchPage> {
  const { database } = deps
  const terms = termsOf(input.query)
  if (terms.length > LIMITS.searchWords) throw tooManyWords()
  const { userKey } = actor
  const { conversationId } = input
  const limit = MAX_STREAMS + 1
  const streamKeys = await listSearchable(database, { userKey, conversationId, limit })
  if (conversationId !== undefined && streamKeys.length === 0) throw new TidingsError('NOT_FOUND')
  const senderKey = await senderKeyOf(deps, input.senderId)
  if (terms.length === 0 || streamKeys.length === 0 || senderKey === null) return NOTHING
  const isMany = streamKeys.length > MAX_STREAMS
  const { kind } = input
  const where = { streamKeys: isMany ? undefined : streamKeys, senderKey, kind }
  const upToDate = await isLevel(database, database.read, streamKeys)
  const found = await collect(deps, { terms, userKey, input, query: tokenQueryOf(terms, where) })
  return { ...found, upToDate }
}

interface Asked {
  readonly terms: readonly Term[]
  readonly userKey: number
  readonly input: Input
  readonly query: ReturnType<typeof tokenQueryOf>
}

/** Candidates by candidates, until there are hits enough, or none is left, or enough was looked at. */
async function collect(
  deps: Deps,
  { terms, userKey, input, query }: Asked,
): Promise<Omit<SearchPage, 'upToDate'>> {
  const { limit, cursor, until, since = 0 } = input
  let before = cursor === undefined ? Number.MAX_SAFE_INTEGER : parseCursor(cursor, cursorSchema)[0]
  if (until !== undefined) before = Math.min(before, until * DOCUMENTS_PER_MS)
  const items: SearchHit[] = []
  const look = new Look(deps, terms)
  for (let looked = 0; looked < MAX_CANDIDATES; looked += limit * 2) {
    const page = { query, userKey, before, from: since * DOCUMENTS_PER_MS, limit: limit * 2 }
    const candidates = await listCandidates(deps.database, page)
    for await (const { key, hit } of look.at(candidates)) {
      if (hit !== undefined) items.push(hit)
      before = key
      if (items.length === limit || look.characters > MAX_CHARACTERS)
        return { items, next: toCursor([before]) }
    }
    if (candidates.length < limit * 2) return { items, next: null }
  }
  return { items, next: toCursor([before]) }
}

/** A candidate that was looked at; without a hit it is none. */
interface Seen {
  readonly key: number
  readonly hit: SearchHit | undefined
}

/** Looks at candidates as they are now, each only when it is asked for. */
class Look {
  /** Of the texts so far. */
  characters = 0
  readonly #deps: Deps
  readonly #terms: readonly Term[]
  #breathAt = GO_CHARACTERS

  constructor(deps: Deps, terms: readonly Term[]) {
    this.#deps = deps
    this.#terms = terms
  }

  async *at(candidates: readonly Candidate[]): AsyncGenerator<Seen> {
    const { database } = this.#deps
    const rows = await listMessagesAt(database, database.read, candidates)
    const rowAt = new Map(rows.map((row) => [`${row.streamKey}:${row.seq}`, row]))
    for (const { key, streamKey, seq } of candidates) {
      const row = rowAt.get(`${streamKey}:${seq}`)
      yield { key, hit: row && this.#hitOf(toMessage(storedOf(row))) }
      if (this.characters < this.#breathAt) continue
      this.#breathAt = this.characters + GO_CHARACTERS
      await setImmediate()
    }
  }

  #hitOf(message: Message): Seen['hit'] {
    const text = searchedText(message.body)
    this.characters += text.length
    const ranges = findTerms(text, this.#terms)
    return ranges && { message, excerpt: excerptOf(text, ranges) }
  }
}

/** Null for nobody: what he has said is not found. */
async function senderKeyOf(
  { database }: Deps,
  senderId: string | undefined,
): Promise<number | null | undefined> {
  if (senderId === undefined) return undefined
  const sender = await findUser(database, database.read, { id: senderId })
  return sender?.key ?? null
}

function tooManyWords(): TidingsError {
  const message = `more than ${LIMITS.searchWords} words`
  return new TidingsError('INVALID_INPUT', undefined, { fields: [{ path: 'query', message }] })
}
