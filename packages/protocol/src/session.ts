import * as z from 'zod'
import { idSchema, timestampSchema } from './ids.ts'
import { lineSchema } from './text.ts'
import { LIMITS } from './limits.ts'

/** The device of a session, in the words of seed 002 (`POST /sessions`). */
export const deviceSchema = z.object({
  /** Made by the client, the same at every sign-in of one device. */
  deviceId: lineSchema(LIMITS.idLength),
  platform: lineSchema(LIMITS.nameLength).optional(),
  model: lineSchema(LIMITS.nameLength).optional(),
  build: z.int().min(0).max(2_147_483_647).optional(),
  name: lineSchema(LIMITS.nameLength).optional(),
})
/** The device of a sign-in, as its client names it. */
export type Device = z.infer<typeof deviceSchema>

/** One sign-in on one device. */
export const sessionSchema = z.object({
  id: idSchema,
  deviceId: z.string().nullable(),
  platform: z.string().nullable(),
  model: z.string().nullable(),
  build: z.int().nullable(),
  name: z.string().nullable(),
  createdAt: timestampSchema,
  lastSeenAt: timestampSchema,
  /** True for the session that asks. */
  current: z.boolean(),
})
/** One sign-in on one device. Times are milliseconds. */
export type Session = z.infer<typeof sessionSchema>

/** A single-use ticket that opens a numbered WebSocket; `messagingUrl` carries it. */
export const ticketSchema = z.object({
  ticket: z.string(),
  messagingUrl: z.string(),
  expiresAt: timestampSchema,
})
/** Opens one connection of the numbered protocol, once and soon. */
export type Ticket = z.infer<typeof ticketSchema>

export const createdSessionSchema = z.object({ session: sessionSchema, ...ticketSchema.shape })
/** A session, with a ticket for its connection. */
export type CreatedSession = z.infer<typeof createdSessionSchema>

export const sessionRefSchema = z.object({ sessionId: idSchema })
export const renameSessionSchema = z.object({
  sessionId: idSchema,
  name: lineSchema(LIMITS.nameLength),
})
