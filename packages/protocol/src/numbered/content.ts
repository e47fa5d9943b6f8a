import * as z from 'zod'
import { imageBodySchema, videoBodySchema, type MessageBody } from '../body.ts'
import { idSchema } from '../ids.ts'
import type { Json } from '../json.ts'
import { LIMITS } from '../limits.ts'
import { messageTextSchema } from '../text.ts'
import { parseAt, required } from './parse.ts'

/** What a message says, as methods 40 and 43 have it. */
export const content = {
  /** Left out: a text. */
  kind: z.string().max(LIMITS.idLength).optional(),
  /** The text, or the link of an image or a video. */
  data: messageTextSchema.optional(),
  /** The JSON of a kind other than text; of an image or a video all but its link. */
  content: z.custom<Json>().optional(),
  /** Ids of the users that are meant. */
  mentions: z.array(idSchema).max(LIMITS.mentions).optional(),
}
const contentBody = z.object(content)

const linkedSchema = z.discriminatedUnion('kind', [imageBodySchema, videoBodySchema])

/** The body of a message. @throws TidingsError INVALID_INPUT with the wire's field names */
export function toBody({
  kind = 'text',
  data,
  content: json,
}: z.infer<typeof contentBody>): MessageBody {
  if (kind === 'text') return { kind, text: required('data', data) }
  if (kind !== 'image' && kind !== 'video') return { kind, data: required('content', json) }
  const given = z.record(z.string(), z.unknown()).safeParse(json).data
  const linked = { ...given, kind, url: data ?? given?.['url'] }
  return parseAt(linkedSchema, linked, (path) =>
    path[0] === 'url' ? ['body', 'data'] : ['body', 'content', ...path],
  )
}

/** What is not there is left out: a plain text stays one. */
export function additionsOf({ mentions }: z.infer<typeof contentBody>, replyTo?: string) {
  return {
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(mentions === undefined ? {} : { mentions }),
  }
}
