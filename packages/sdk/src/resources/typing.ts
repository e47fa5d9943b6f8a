import type { TypingInput } from '@tidings/protocol/wire'
import { toTidingsError } from '../errors.ts'
import type { Rpc } from '../rpc.ts'

/**
 * Says that the user is writing. Signals may be lost: what passes by itself (no network, too many calls) is no error
 * here. The promises may be left alone.
 */
export interface TypingResource {
  /** Repeat it every few seconds while the user goes on: it ends by itself after 6. @throws TidingsError NOT_FOUND */
  start(input: TypingInput): Promise<void>
  /** @throws TidingsError NOT_FOUND */
  stop(input: TypingInput): Promise<void>
}

export function createTyping(rpc: Rpc): TypingResource {
  const tell = (path: 'typing.start' | 'typing.stop', input: TypingInput): Promise<void> => {
    const told = rpc(path, input).catch((thrown: unknown) => {
      if (!toTidingsError(thrown).retryable) throw thrown
    })
    told.catch(() => undefined)
    return told
  }
  return {
    start: (input) => tell('typing.start', input),
    stop: (input) => tell('typing.stop', input),
  }
}
