import { TidingsError, type Json, type KindData, type KindSchema } from '@tidings/protocol/wire'

/**
 * The data of a group, or of one's own preference, typed by the app's schema: any library that implements Standard Schema
 * does. Undefined where there is none, and for what the schema does not take: of a newer version of the app, perhaps.
 *
 * @throws TidingsError INVALID_INPUT for a schema that answers later
 * @example
 * ```ts
 * import { z } from 'zod'
 * const settings = z.object({ colour: z.string() })
 * const { data } = await client.conversation.get({ conversationId })
 * const colour = readData(settings, data)?.colour
 * ```
 */
export function readData<Schema extends KindSchema>(
  schema: Schema,
  data: Json | null,
): KindData<Schema> | undefined {
  if (data === null) return undefined
  const result = schema['~standard'].validate(data)
  if (result instanceof Promise)
    throw new TidingsError('INVALID_INPUT', 'The schema must answer at once.')
  if (result.issues !== undefined) return undefined
  return isDataOf<Schema>(result.value) ? result.value : undefined
}

/** The schema has said so. */
function isDataOf<Schema extends KindSchema>(value: unknown): value is KindData<Schema> {
  return value !== undefined
}
