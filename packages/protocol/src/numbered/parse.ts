import type * as z from 'zod'
import { TidingsError } from '../errors.ts'

/** A call's body by its schema. @throws TidingsError INVALID_INPUT with the wire's field names */
export function parseBody<Body>(schema: z.ZodType<Body>, body: unknown): Body {
  return parseAt(schema, body, (path) => ['body', ...path])
}

/** Parses what does not stand on the wire as the schema has it; `toPath` says where its parts do. */
export function parseAt<Value>(
  schema: z.ZodType<Value>,
  value: unknown,
  toPath: (path: readonly PropertyKey[]) => readonly PropertyKey[],
): Value {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const fields = parsed.error.issues.slice(0, 20).map((issue) => ({
    path: toPath(issue.path).join('.'),
    message: issue.message,
  }))
  throw new TidingsError('INVALID_INPUT', undefined, { fields })
}

/** A field that its schema leaves optional. @throws TidingsError INVALID_INPUT when it is missing */
export function required<Value>(field: string, value: Value | undefined): Value {
  if (value !== undefined) return value
  throw new TidingsError('INVALID_INPUT', undefined, {
    fields: [{ path: `body.${field}`, message: 'required' }],
  })
}
