import { useMemo } from 'react'
import type { Kinds, MessageListState, TidingsClient } from '../index.ts'
import { usePart, useReadable } from './use-readable.ts'

/** The messages of a conversation, and what a list of them needs. */
export interface Messages<K extends Kinds> extends MessageListState<K> {
  /**
   * Fetches an older page, which joins what is there without a hole. A failure is told by `error`, and calling again tries
   * again; the promise never rejects and may be left alone.
   */
  loadOlder(): Promise<void>
  /**
   * The user has seen everything that is here, or everything up to a seq. Call it when messages are on the screen, as often
   * as is convenient: only what is new is told to the server.
   */
  markRead(seq?: number, options?: { readonly private?: boolean | undefined }): void
}

/** Of any kinds, since there are none. */
interface Beginning extends Omit<MessageListState<never>, 'items'> {
  readonly items: readonly never[]
}

const BEGINNING: Beginning = { items: [], hasOlder: false, loading: true, error: undefined }

export function useMessagesOf<K extends Kinds>(
  client: TidingsClient<K>,
  conversationId: string,
): Messages<K> {
  const part = usePart(() => client.store.messages(conversationId), [client, conversationId])
  const state = useReadable<MessageListState<K>>(part, BEGINNING)
  const calls = useMemo(
    () => ({
      loadOlder: () => part().loadOlder().catch(ignore),
      markRead(seq?: number, options?: { readonly private?: boolean | undefined }) {
        void client.message.read({ conversationId, seq, private: options?.private })
      },
    }),
    [client, conversationId, part],
  )
  return useMemo(() => ({ ...state, ...calls }), [state, calls])
}

function ignore(): void {
  // The store shows it.
}
