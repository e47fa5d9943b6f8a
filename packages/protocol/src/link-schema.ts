import * as z from 'zod'
import { linkProblem } from './link.ts'

/** A link of http or https, of at most 2048 bytes, that a client may open. The server never does. */
export const linkSchema: z.ZodString = z.string().superRefine((url, context) => {
  const problem =
    linkProblem(url) ?? (URL.canParse(url) ? undefined : 'not a link of http or https')
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
})
