import * as z from 'zod'
import { boundedJson } from './json-schema.ts'
import { fitsInBytes } from './json.ts'
import { LIMITS } from './limits.ts'
import { linkSchema } from './link-schema.ts'
import { messageTextSchema } from './text.ts'

/** Kinds that are ours, now or soon; an app's own kinds must have other names. */
export const RESERVED_KINDS = ['text', 'image', 'video', 'file', 'unknown', 'deleted'] as const

/** A text message. */
export const textBodySchema = z.object({ kind: z.literal('text'), text: messageTextSchema })
/** A text. */
export type TextBody = z.infer<typeof textBodySchema>

/** Text that stands beside what a link leads to. */
const captionSchema = messageTextSchema.refine(
  (text) => fitsInBytes(text, LIMITS.captionBytes),
  `longer than ${LIMITS.captionBytes} bytes`,
)

const pixelsSchema = z.int().min(1).max(LIMITS.imagePixels)

/** An image somewhere on the web: its link and its size in pixels. */
export const imageBodySchema = z.object({
  kind: z.literal('image'),
  url: linkSchema,
  width: pixelsSchema,
  height: pixelsSchema,
  caption: captionSchema.optional(),
})
/** An image somewhere on the web: its link and its size in pixels. */
export type ImageBody = z.infer<typeof imageBodySchema>

/** A video somewhere on the web: its link, its length in seconds, and who shows it. */
export const videoBodySchema = z.object({
  kind: z.literal('video'),
  url: linkSchema,
  /** Seconds. */
  length: z.number().min(0).max(LIMITS.videoSeconds),
  source: z.enum(['youtube', 'vevo', 'other']),
  caption: captionSchema.optional(),
})
/** A video somewhere on the web: its link, its length in seconds, and who shows it. */
export type VideoBody = z.infer<typeof videoBodySchema>

/** The name of an app's own kind. */
export const kindSchema: z.ZodString = z
  .string()
  .regex(/^[a-z][a-z0-9_.-]{0,31}$/, 'a kind is 1 to 32 of a-z 0-9 _ . -')
  .refine((kind) => !RESERVED_KINDS.some((reserved) => reserved === kind), 'this kind is reserved')

/** A message of an app's own kind: JSON of at most 16 KiB, depth 32, 64 keys an object. */
export const appBodySchema = z.object({ kind: kindSchema, data: boundedJson(LIMITS.messageBytes) })
/** The body of an app's own kind. */
export type AppBody = z.infer<typeof appBodySchema>

/** What a message holds, told apart by `kind`. */
export const messageBodySchema = z.union([
  textBodySchema,
  imageBodySchema,
  videoBodySchema,
  appBodySchema,
])
/** What a message holds when it is sent, told apart by `kind`. */
export type MessageBody = TextBody | ImageBody | VideoBody | AppBody

/** What is left of a message that was deleted. Nobody can send it. */
export const deletedBodySchema = z.object({ kind: z.literal('deleted') })
/** What is left of a message that was deleted. */
export type DeletedBody = z.infer<typeof deletedBodySchema>

/** What history and events show of a message: its body, or that it was deleted. */
export const shownBodySchema = z.union([messageBodySchema, deletedBodySchema])
/** What history and events show of a message: its body, or that it was deleted. */
export type ShownBody = MessageBody | DeletedBody
