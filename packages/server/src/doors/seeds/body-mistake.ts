import { imageBodySchema, textBodySchema, videoBodySchema } from '@tidings/protocol'
import { TidingsError } from '@tidings/protocol/wire'
import * as z from 'zod'
import type { Context } from '../../rpc/context.ts'
import { fieldProblems } from '../../rpc/field-problems.ts'
import { charge } from '../../rpc/trpc.ts'

/** What the seeds can send. By its kind, so that only what is wrong with that kind is told. */
const seedBodySchema = z.discriminatedUnion('kind', [
  textBodySchema,
  imageBodySchema,
  videoBodySchema,
])

/** What a seed calls the fields of a body; those that are not here have the same name. */
export type BodyNames = Readonly<Record<string, string>>

/** Why a body cannot be sent, in the seed's names: asked before a conversation is opened for it, which the other one is told. */
export function bodyMistake(body: unknown, names: BodyNames): TidingsError | undefined {
  const parsed = seedBodySchema.safeParse(body)
  if (parsed.success) return undefined
  const fields = fieldProblems(parsed.error)?.map(({ path, message }) => ({
    path: names[path] ?? path,
    message,
  }))
  return new TidingsError('INVALID_INPUT', undefined, { fields })
}

/**
 * The same over HTTP, where the refusal is charged as the call would have been.
 * @throws what `toTidingsError` understands: INVALID_INPUT, RATE_LIMITED
 */
export function requireBody(context: Context, body: unknown, names: BodyNames): void {
  const mistake = bodyMistake(body, names)
  if (mistake === undefined) return
  charge(context)
  throw mistake
}
