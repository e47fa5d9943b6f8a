import type { TypingInput } from '@tidings/protocol/wire'
import type { Environment } from '../environment.ts'
import { toTidingsError } from '../errors.ts'
import type { Rpc } from '../rpc.ts'

/**
 * Says that the user is writing. Signals may be lost: what passes by itself (no network, too many calls) is no error
 * here. The promises may be left alone.
 */
export interface TypingResource {
  /**
   * Call it with every keystroke: it is said again every 3 seconds while the user goes on, and ends by itself 6 seconds
   * after, or when his message is sent.
   * @throws TidingsError NOT_FOUND
   */
  start(input: TypingInput): Promise<void>
  /** @throws TidingsError NOT_FOUND */
  stop(input: TypingInput): Promise<void>
}

/** The resource, and what ends it. */
export interface Typing {
  readonly resource: TypingResource
  /** A message of his has been put into the outbox. */
  sent(conversationId: string): void
}

/** Half of the time after which the server ends it. */
const AGAIN_MS = 3_000

export function createTyping(rpc: Rpc, environment: Environment): Typing {
  /** When it was last said, by conversation. */
  const said = new Map<string, number>()
  const tell = (path: 'typing.start' | 'typing.stop', input: TypingInput): Promise<void> => {
    const told = rpc(path, input).catch((thrown: unknown) => {
      if (!toTidingsError(thrown).retryable) throw thrown
    })
    told.catch(() => undefined)
    return told
  }
  const resource: TypingResource = {
    async start(input) {
      const now = environment.now()
      const last = said.get(input.conversationId)
      if (last !== undefined && now - last < AGAIN_MS) return
      said.set(input.conversationId, now)
      await tell('typing.start', input)
    },
    async stop(input) {
      said.delete(input.conversationId)
      await tell('typing.stop', input)
    },
  }
  return {
    resource,
    sent(conversationId) {
      if (said.has(conversationId)) void resource.stop({ conversationId }).catch(() => undefined)
    },
  }
}
