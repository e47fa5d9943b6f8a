import * as z from 'zod'
import { LIMITS } from './limits.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** An opaque id made by the server: a lower-case UUID. Clients never look inside. */
export const idSchema: z.ZodString = z.string().regex(UUID, 'not an id')

/**
 * The sender's idempotency key of one message: 1 to 64 visible ASCII characters, unique per sender and conversation for
 * ever. A UUID does.
 */
export const clientMessageIdSchema: z.ZodString = z
  .string()
  .min(1)
  .max(LIMITS.idLength)
  .regex(/^[\x21-\x7e]+$/, 'only visible ASCII characters')

/** The name of a stream: `m:` messages or `r:` receipts of a conversation, `u:` of a user. */
export const streamSchema: z.ZodString = z
  .string()
  .regex(/^[mru]:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'not a stream')

/** The place of an event in its stream; the first event is 1, and 0 means before all. */
export const seqSchema: z.ZodInt = z.int().min(0)

/** The random 32-bit mark of an event: another one at the same place proves another history. 0 at seq 0. */
export const tagSchema: z.ZodInt = z.int().min(0).max(0xffff_ffff)

/** Milliseconds since 1970, from the database's clock. */
export const timestampSchema: z.ZodInt = z.int().min(0)
