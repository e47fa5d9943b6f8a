import { LIMITS, type Message, type MessagePage } from '@tidings/protocol/wire'
import type { Context } from '../../rpc/context.ts'
import { carryOut, listMessagesCall } from '../../rpc/hot-calls.ts'
import type { JsonObject } from '../rest/body.ts'
import type { RestContexts, RestRequest } from '../rest/context.ts'
import { paced, toPagedStream, type Part } from '../rest/paged-stream.ts'

/** How a conversation is read as a whole. */
export interface WholeHistory {
  readonly contexts: RestContexts
  readonly request: RestRequest
  /** Who has asked. */
  readonly context: Context
  readonly conversationId: string
  readonly show: (message: Message) => JsonObject
}

/**
 * `{"messages": […]}` with everything that the caller sees of a conversation, the newest first. It is read as fast as it is
 * taken, a page at a time, so that a long history needs no memory. Every page is a call of its own: it is charged, and made by a
 * session that must not have ended.
 */
export async function wholeHistory(history: WholeHistory): Promise<ReadableStream<Uint8Array>> {
  const { contexts, request, context } = history
  const { deps } = context
  // The first page decides whether there is anything to stream: a refusal has its own status.
  let page: MessagePage | undefined = await pageFrom(context, history, undefined)
  let cursor: string | undefined
  let begun = false
  const { machine } = deps
  const nextPart = async (over: AbortSignal): Promise<Part> => {
    const ask = async () => pageFrom(await contexts.signedIn(request), history, cursor)
    const { items, next } = page ?? (await paced({ machine, over }, ask))
    page = undefined
    cursor = next ?? undefined
    const texts = items.map((message) => JSON.stringify(history.show(message)))
    const start = begun ? (texts.length > 0 ? ',' : '') : '{"messages":['
    begun = true
    return { text: `${start}${texts.join(',')}${next === null ? ']}' : ''}`, isLast: next === null }
  }
  return toPagedStream({ deps, request, nextPart })
}

function pageFrom(
  context: Context,
  { conversationId }: WholeHistory,
  cursor: string | undefined,
): Promise<MessagePage> {
  return carryOut(listMessagesCall, context, { conversationId, cursor, limit: LIMITS.pageSize })
}
