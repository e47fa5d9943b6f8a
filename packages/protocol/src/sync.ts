import * as z from 'zod'
import { shownBodySchema } from './body.ts'
import { eventSchema, signalSchema } from './event.ts'
import { idSchema, seqSchema, streamSchema, tagSchema, timestampSchema } from './ids.ts'
import { LIMITS } from './limits.ts'
import { messageSchema } from './message.ts'

/** The database's history: another epoch means that positions kept by clients say nothing any more. */
const epochSchema: z.ZodInt = z.int().min(0)

/** Why a position is refused; the client drops the stream, adopts the head and refetches. */
export const resetReasonSchema = z.enum(['epoch', 'floor', 'future', 'tag', 'gone'])
/** Why a position is refused. */
export type ResetReason = z.infer<typeof resetReasonSchema>

/** The newest event of a stream that the asker may see, and the oldest position that can be continued. */
export const headSchema = z.object({
  stream: streamSchema,
  head: seqSchema,
  tag: tagSchema,
  floor: seqSchema,
})
/** The newest event of a stream that the asker may see, and the oldest position that can be continued. */
export type Head = z.infer<typeof headSchema>

export const headsInputSchema = z.object({
  /** Only streams with an event since this watermark (less a safety margin). Left out: all. */
  changedSince: timestampSchema.optional(),
  /** Continue after this stream, from `next`. */
  after: streamSchema.optional(),
  limit: z.int().min(1).max(LIMITS.headsPage).default(LIMITS.headsPage),
})
/** Whose heads are asked for: all, or those of streams with an event since a watermark. */
export type HeadsInput = z.input<typeof headsInputSchema>

export const headsSchema = z.object({
  epoch: epochSchema,
  /** Keep it, with the epoch, once everything listed has been pulled. */
  watermark: timestampSchema,
  heads: z.array(headSchema),
  next: streamSchema.nullable(),
})
/** A page of heads; `next` is null on the last one. */
export type Heads = z.infer<typeof headsSchema>

/** A place in a stream that a client has applied everything up to. */
export const positionSchema = z.object({ stream: streamSchema, after: seqSchema, tag: tagSchema })
/** A place in a stream up to which everything was applied. */
export type Position = z.infer<typeof positionSchema>

export const pullInputSchema = z.object({
  epoch: epochSchema,
  streams: z.array(positionSchema).min(1).max(LIMITS.pullStreams),
  /** Events in the whole answer. */
  limit: z.int().min(1).max(LIMITS.pullEvents).default(500),
})
/** From where which streams are pulled. */
export type PullInput = z.input<typeof pullInputSchema>

/** In the order in which they are written: where a page leads can be read before its events. */
export const pulledStreamSchema = z.object({
  stream: streamSchema,
  /** Every event visible to the asker after his position and up to here is in `events`. */
  upTo: z.object({ seq: seqSchema, tag: tagSchema }),
  more: z.boolean(),
  events: z.array(eventSchema),
})
/** What follows a position. */
export type PulledStream = z.infer<typeof pulledStreamSchema>

export const streamResetSchema = z.object({
  stream: streamSchema,
  reset: z.object({ reason: resetReasonSchema, head: seqSchema, tag: tagSchema, floor: seqSchema }),
})
/** A position that cannot be continued, and the head from which one can. */
export type StreamReset = z.infer<typeof streamResetSchema>

export const pullSchema = z.object({
  epoch: epochSchema,
  streams: z.array(z.union([pulledStreamSchema, streamResetSchema])),
})
/** For each stream what follows its position, or a reset. */
export type Pull = z.infer<typeof pullSchema>

/** What a message says: its body or, with something beside it, an object of which the body is a part. */
const saidSchema = z.union([
  shownBodySchema,
  messageSchema.pick({ body: true, replyTo: true, mentions: true }),
])

/** A `message.created` without what the stream it stands in says already. A later version may have more behind these. */
export const messageRowSchema = z.tuple(
  [
    seqSchema.meta({ title: 'seq' }),
    tagSchema.meta({ title: 'tag' }),
    /** The event's timestamp, and the message's `createdAt`. */
    timestampSchema.meta({ title: 'timestamp' }),
    idSchema.meta({ title: 'messageId' }),
    idSchema.meta({ title: 'senderId' }),
    saidSchema.meta({ title: 'says' }),
    z.string().nullable().meta({ title: 'clientMessageId' }),
    timestampSchema.nullable().meta({ title: 'editedAt' }),
  ],
  z.unknown(),
)
/** A `message.created`: seq, tag, timestamp, message id, sender id, what it says, clientMessageId, editedAt. */
export type MessageRow = z.infer<typeof messageRowSchema>

export const compactPullSchema = z.object({
  epoch: epochSchema,
  streams: z.array(
    z.union([
      pulledStreamSchema.extend({ events: z.array(z.union([messageRowSchema, eventSchema])) }),
      streamResetSchema,
    ]),
  ),
})
/** A {@link Pull} whose messages are rows. `expandPull` makes the other of it. */
export type CompactPull = z.infer<typeof compactPullSchema>

export const sinceInputSchema = z.object({
  /** From an earlier answer; opaque. */
  cursor: z
    .string()
    .max(LIMITS.cursorBytes * 2)
    .optional(),
  /** Milliseconds: everything since then. Never an error, whatever it is. A cursor is more exact, and decides alone. */
  since: z.unknown().optional(),
  limit: z.int().min(1).max(LIMITS.pullEvents).default(500),
})
/** From where everything is asked for at once: an earlier answer's cursor, or a time. */
export type SinceInput = z.input<typeof sinceInputSchema>

export const sinceSchema = z.object({
  events: z.array(eventSchema),
  /** Streams whose position could not be continued. */
  resets: z.array(streamResetSchema),
  cursor: z.string(),
  more: z.boolean(),
})
/** Everything since then, and the cursor for the next call. */
export type Since = z.infer<typeof sinceSchema>

export const liveInputSchema = z
  .object({
    /** The protocol version of the client. */
    version: z.int().optional(),
    /**
     * False: what is said over this connection comes back as the answer to the call alone, which says where a text message
     * stands, and what a receipt brings back to whom it is from may wait for other news.
     */
    echo: z.boolean().optional(),
  })
  .default({})

/** What a live subscription yields, in arrays. `ready` comes first; `behind` asks for another look at the heads. */
export const liveItemSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready'), epoch: epochSchema, watermark: timestampSchema }),
  z.object({ kind: z.literal('events'), events: z.array(eventSchema) }),
  z.object({ kind: z.literal('signals'), signals: z.array(signalSchema) }),
  z.object({ kind: z.literal('behind') }),
])
/** What a live subscription yields, in arrays, told apart by `kind`. */
export type LiveItem = z.infer<typeof liveItemSchema>
