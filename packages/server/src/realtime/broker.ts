import { typingSignalSchema } from '@tidings/protocol'
import * as z from 'zod'

const key = z.int().min(1)
const count = z.int().min(0)
/** Items of one list: more are more messages, so that none is large. */
export const MAX_ITEMS = 1000
const nodeId = z.string().min(1).max(64)

/** What nodes tell one another of who is online; see `presence-nodes.ts`. */
const presenceSchemas = [
  /** What has changed at a node: the change that makes `revision` of it. [user key, when he was last seen] */
  z.object({
    kind: z.literal('presence'),
    node: nodeId,
    revision: count,
    came: z.array(key).max(MAX_ITEMS),
    gone: z.array(z.tuple([key, z.int().min(0).nullable()])).max(MAX_ITEMS),
  }),
  /** A node lives, and so many changes of it have been told. */
  z.object({ kind: z.literal('alive'), node: nodeId, revision: count }),
  /** A node stops: whoever was there comes back at another one soon, or has gone. */
  z.object({ kind: z.literal('bye'), node: nodeId }),
  /** Tell all that you have: this node, or each one. */
  z.object({ kind: z.literal('ask'), node: nodeId.nullable() }),
  /** All who are online at a node, in the parts of one telling. */
  z.object({
    kind: z.literal('online'),
    node: nodeId,
    revision: count,
    telling: count,
    part: count,
    parts: z.int().min(1),
    users: z.array(key).max(MAX_ITEMS),
  }),
] as const

/** What nodes tell one another: small, no message content, JSON. */
export const brokerMessageSchema = z.discriminatedUnion('kind', [
  /** Streams that have grown: [stream key, head]. */
  z.object({ kind: z.literal('hints'), hints: z.array(z.tuple([key, count])).max(MAX_ITEMS) }),
  z.object({
    kind: z.literal('signal'),
    streamKey: key,
    exceptUserKey: key,
    signal: typingSignalSchema,
  }),
  /** These sessions have ended. */
  z.object({ kind: z.literal('revoked'), sessionKeys: z.array(key).max(MAX_ITEMS) }),
  /** Somebody is not to be seen any more: by one, or by everybody who was told of him. */
  z.object({
    kind: z.literal('hidden'),
    userKey: key,
    userId: z.string().min(1).max(64),
    viewerKey: key.nullable(),
  }),
  ...presenceSchemas,
])
/** What nodes tell one another: small, no message content, JSON. Other kinds may come with later versions. */
export type BrokerMessage = z.infer<typeof brokerMessageSchema>

/** Those that say who is online. */
export type PresenceMessage = Extract<
  BrokerMessage,
  { kind: (typeof presenceSchemas)[number]['shape']['kind']['value'] }
>

/** What a node gets from its broker. */
export interface BrokerListener {
  message(message: BrokerMessage): void
  /** Messages may have been missed (a lost link is back): compare the heads at once. */
  missed(): void
}

/**
 * Carries hints between nodes. The database is the truth and every message may be lost, doubled or reordered: a lost
 * hint is repaired by the head check (<= 3 s), a lost signal by its expiry, a lost revocation by the session check
 * (<= 5 s), a lost word about who is online by the next sign of life (<= 6 s). So a broker
 * - never holds up and never fails its caller: `publish` returns at once and throws nothing, also when the link is down
 *   (then the message is dropped, not kept: an old hint says nothing that the head check has not said);
 * - gives a message to every other node that listens, at most a few times, and never to the one that published it;
 * - calls listeners outside the call of `publish`;
 * - hands on only what fits {@link BrokerMessage}, since whoever can write to the link must not be able to do more than
 *   hint;
 * - keeps what waits for a slow link within bounds, and drops the rest;
 * - after a break calls `missed` once it listens again;
 * - after `close` has resolved calls no listener any more, and ignores `publish`.
 */
export interface Broker {
  publish(message: BrokerMessage): void
  /**
   * Begins to listen; resolves when messages published from then on will arrive, or when the link cannot be had now: then
   * it is tried again and again, and `missed` follows. Once per broker.
   */
  listen(listener: BrokerListener): Promise<void>
  close(): Promise<void>
}
