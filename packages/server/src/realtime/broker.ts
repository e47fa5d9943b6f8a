import { typingSignalSchema } from '@tidings/protocol'
import * as z from 'zod'

const key = z.int().min(1)

/** What nodes tell one another: small, no message content, JSON. */
export const brokerMessageSchema = z.discriminatedUnion('kind', [
  /** Streams that have grown: [stream key, head]. */
  z.object({ kind: z.literal('hints'), hints: z.array(z.tuple([key, z.int().min(0)])) }),
  z.object({
    kind: z.literal('signal'),
    streamKey: key,
    exceptUserKey: key,
    signal: typingSignalSchema,
  }),
  /** These sessions have ended. */
  z.object({ kind: z.literal('revoked'), sessionKeys: z.array(key) }),
])
export type BrokerMessage = z.infer<typeof brokerMessageSchema>

/** What a node gets from its broker. */
export interface BrokerListener {
  message(message: BrokerMessage): void
  /** Messages may have been missed (a lost link is back): compare the heads at once. */
  missed(): void
}

/**
 * Carries hints between nodes. The database is the truth and every message may be lost, doubled or reordered: a lost
 * hint is repaired by the head check of the pump (<= 3 s), a lost signal by its expiry, a lost revocation by the session
 * check (<= 5 s). So a broker
 * - never holds up and never fails its caller: `publish` returns at once and throws nothing, also when the link is down
 *   (then the message is dropped, not kept: an old hint says nothing that the head check has not said);
 * - gives a message to every other node that listens, at most a few times, and never to the one that published it;
 * - calls listeners outside the call of `publish`;
 * - checks what comes from outside against {@link brokerMessageSchema} and drops what does not fit, since whoever can
 *   write to the link must not be able to do more than hint;
 * - after a break calls `missed` once it listens again;
 * - after `close` has resolved calls no listener any more, and ignores `publish`.
 */
export interface Broker {
  publish(message: BrokerMessage): void
  /** Begins to listen; resolves when messages published from then on will arrive. Once per broker. */
  listen(listener: BrokerListener): Promise<void>
  close(): Promise<void>
}
