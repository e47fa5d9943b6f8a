import * as z from 'zod'
import { fitsInBytes, jsonProblem, type Json } from './json.ts'

/** JSON of at most so many bytes, depth 32 and 64 keys an object. */
export function boundedJson(maxBytes: number): z.ZodType<Json, Json> {
  return z.custom<Json>().superRefine((value, ctx) => {
    const problem = jsonProblem(value)
    if (problem !== undefined) ctx.addIssue({ code: 'custom', message: problem })
    else if (!fitsInBytes(JSON.stringify(value), maxBytes))
      ctx.addIssue({ code: 'custom', message: `longer than ${maxBytes} bytes` })
  })
}
