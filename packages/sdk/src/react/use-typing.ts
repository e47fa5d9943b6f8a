import { useMemo } from 'react'
import type { Kinds, TidingsClient } from '../index.ts'
import { usePart, useReadable } from './use-readable.ts'

/** Who is typing in a conversation. */
export interface Typing {
  /** The ids of the others who are typing now. */
  readonly userIds: readonly string[]
  /** Tells the others that this user types. Call it on every keystroke: it is sent every 3 seconds at most. */
  onInput(): void
}

const NOBODY: readonly string[] = []

export function useTypingOf<K extends Kinds>(
  client: TidingsClient<K>,
  conversationId: string,
): Typing {
  const part = usePart(() => client.store.typing(conversationId), [client, conversationId])
  const userIds = useReadable(part, NOBODY)
  return useMemo(() => {
    // Signals may be lost, and one that cannot be told now is worth nothing later.
    const onInput = (): void => {
      client.typing.start({ conversationId }).catch(() => undefined)
    }
    return { userIds, onInput }
  }, [client, conversationId, userIds])
}
