import { timingSafeEqual } from 'node:crypto'
import { authenticationCode, deriveKey } from '../auth/primitives.ts'
import type { Clock } from '../clock.ts'
import { type BrokerMessage, brokerMessageSchema } from './broker.ts'

/** 132 bits of the HMAC. */
const MAC_LENGTH = 22
/** Of a UUID. */
const ID_LENGTH = 36
/** Milliseconds since 1970, base 36. */
const TIME_LENGTH = 9
/** Codes of one text: the new secret's, and those of older ones that other nodes may still have alone. */
const MAX_CODES = 9
/** Longer texts are nobody's of ours, and cost nothing but this look. */
const MAX_TEXT_LENGTH = 100_000
/** Older texts, and such of the future, are not read: somebody repeats them, or a clock is wrong. */
const MAX_AGE_MS = 60_000

export interface BrokerTextsOptions {
  /** Names the deployment: what was written for another one is not read. */
  readonly name: string
  /** A UUID of this node, new at every start. */
  readonly nodeId: string
  /** Of the server, new first. All nodes of a database have them in common. */
  readonly secrets: readonly string[]
  /** UTF-8 bytes of one text at most. */
  readonly maxBytes: number
  /** What the nodes' clocks may differ by is a minute. */
  readonly clock: Clock
}

/** What came in: of this node itself, or messages of another one. */
export type Incoming =
  { readonly own: true } | { readonly own: false; readonly messages: readonly BrokerMessage[] }

/**
 * Messages as texts: `<number of codes><HMAC…><node id><time><JSON>`, a code for each secret, so that nodes hear each other
 * while a secret is replaced. A link is often shared with others (a Redis without passwords, any role of the database), and
 * whoever writes to it could say that anybody is online or typing. Only who has the server's secret makes a text that is read;
 * others can do no more than repeat one, for a minute.
 */
export class BrokerTexts {
  readonly #options: BrokerTextsOptions
  readonly #keys: readonly Uint8Array[]

  constructor(options: BrokerTextsOptions) {
    this.#options = options
    const secrets = options.secrets.slice(0, MAX_CODES)
    this.#keys = secrets.map((secret) => deriveKey(secret, 'broker'))
  }

  /** As few texts as hold the messages; without messages one that only this node itself makes use of. */
  write(messages: readonly BrokerMessage[]): string[] {
    const budget = this.#options.maxBytes - headLength(this.#keys.length) - 2
    const runs: string[][] = [[]]
    let bytes = 0
    for (const item of messages.flatMap((message) => itemsOf(message, budget))) {
      const size = Buffer.byteLength(item) + 1
      if (bytes + size > budget && bytes > 0) {
        runs.push([])
        bytes = 0
      }
      bytes += size
      runs.at(-1)?.push(item)
    }
    return runs.map((items) => this.#sealed(`[${items.join(',')}]`))
  }

  /** Undefined for what does not fit as a whole; messages that do not fit are left out. */
  read(text: string): Incoming | undefined {
    const codes = Number(/^[1-9]/.exec(text)?.[0] ?? 0)
    const start = headLength(codes)
    if (codes === 0 || text.length < start || text.length > MAX_TEXT_LENGTH) return undefined
    const macs = Array.from({ length: codes }, (_, at) =>
      text.slice(1 + at * MAC_LENGTH).slice(0, MAC_LENGTH),
    )
    const rest = text.slice(1 + codes * MAC_LENGTH)
    if (!this.#isOurs(macs, rest) || !this.#isFresh(rest)) return undefined
    if (rest.startsWith(this.#options.nodeId)) return { own: true }
    const items = parsed(text.slice(start))
    if (!Array.isArray(items)) return undefined
    const messages = items.flatMap((item) => brokerMessageSchema.safeParse(item).data ?? [])
    return { own: false, messages }
  }

  #sealed(json: string): string {
    const { nodeId, clock } = this.#options
    const time = clock.now().toString(36).padStart(TIME_LENGTH, '0')
    const rest = `${nodeId}${time}${json}`
    const codes = this.#keys.map((key) => this.#code(key, rest))
    return `${codes.length}${codes.join('')}${rest}`
  }

  #isOurs(macs: readonly string[], rest: string): boolean {
    const given = macs.map((mac) => Buffer.from(mac))
    return this.#keys.some((key) => {
      const expected = Buffer.from(this.#code(key, rest))
      return given.some((mac) => mac.length === expected.length && timingSafeEqual(mac, expected))
    })
  }

  #isFresh(rest: string): boolean {
    const time = Number.parseInt(rest.slice(ID_LENGTH, ID_LENGTH + TIME_LENGTH), 36)
    return Math.abs(this.#options.clock.now() - time) <= MAX_AGE_MS
  }

  #code(key: Uint8Array, rest: string): string {
    return authenticationCode(key, `${this.#options.name}\n${rest}`).slice(0, MAC_LENGTH)
  }
}

function headLength(codes: number): number {
  return 1 + codes * MAC_LENGTH + ID_LENGTH + TIME_LENGTH
}

/** A message as JSON; as several that say the same when it is too large for one text. */
function itemsOf(message: BrokerMessage, budget: number): string[] {
  const json = JSON.stringify(message)
  if (Buffer.byteLength(json) < budget) return [json]
  return halvesOf(message).flatMap((half) => itemsOf(half, budget))
}

/** Nothing for what cannot be divided: it is dropped, as a broker may. */
function halvesOf(message: BrokerMessage): BrokerMessage[] {
  if (message.kind === 'hints' && message.hints.length > 1)
    return halves(message.hints).map((hints) => ({ ...message, hints }))
  if (message.kind === 'revoked' && message.sessionKeys.length > 1)
    return halves(message.sessionKeys).map((sessionKeys) => ({ ...message, sessionKeys }))
  return []
}

function halves<T>(items: readonly T[]): T[][] {
  const middle = Math.ceil(items.length / 2)
  return [items.slice(0, middle), items.slice(middle)]
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
