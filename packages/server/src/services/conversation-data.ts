import {
  fitsInBytes,
  jsonProblem,
  LIMITS,
  TidingsError,
  type FieldProblem,
  type Json,
} from '@tidings/protocol/wire'
import type { Deps } from './deps.ts'

/**
 * What an app wants to keep about a group, as the app's own schema makes it; without a schema any bounded JSON. Nothing,
 * and null, need no schema.
 * @throws TidingsError INVALID_INPUT
 */
export async function checkConversationData(
  { conversationData }: Pick<Deps, 'conversationData'>,
  data: Json | null | undefined,
): Promise<Json | null | undefined> {
  if (conversationData === undefined || data === undefined || data === null) return data
  const { value, issues } = {
    value: undefined,
    ...(await conversationData['~standard'].validate(data)),
  }
  if (issues !== undefined)
    throw invalid(issues.slice(0, 20).map(({ message }) => ({ path: 'data', message })))
  const problem = jsonProblem(value) ?? lengthProblem(value)
  if (problem !== undefined) throw invalid([{ path: 'data', message: problem }])
  // oxlint-disable-next-line typescript/consistent-type-assertions -- just looked at
  return value as Json
}

function lengthProblem(value: unknown): string | undefined {
  const { conversationDataBytes } = LIMITS
  return fitsInBytes(JSON.stringify(value), conversationDataBytes)
    ? undefined
    : `longer than ${conversationDataBytes} bytes`
}

function invalid(fields: readonly FieldProblem[]): TidingsError {
  return new TidingsError('INVALID_INPUT', undefined, { fields: [...fields] })
}
