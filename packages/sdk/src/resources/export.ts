import {
  isTidingsError,
  CLIENT_LIMITS,
  type ExportInput,
  type ExportItem,
} from '@tidings/protocol/wire'
import type { Environment } from '../environment.ts'
import type { Rpc } from '../rpc.ts'

/** What is exported: one conversation, or everything. */
export type ExportRange = Pick<ExportInput, 'conversationId'>

/** Asks for the next page when the one before has been taken, as fast as calls are allowed. */
export async function* exportItems(
  rpc: Rpc,
  { after }: Pick<Environment, 'after'>,
  range: ExportRange | undefined,
): AsyncGenerator<ExportItem, void, void> {
  const limit = CLIENT_LIMITS.pageSize
  let cursor: string | null | undefined
  while (cursor !== null) {
    try {
      const page = await rpc('account.export', { ...range, cursor, limit })
      yield* page.items
      cursor = page.next
    } catch (error) {
      const waitMs = isTidingsError(error) ? error.details.retryAfterMs : undefined
      if (waitMs === undefined) throw error
      await new Promise<void>((resolve) => void after(waitMs, resolve))
    }
  }
}
