import type { Heads, HeadsInput, Pull, PullInput, Since, SinceInput } from '@tidings/protocol/wire'
import type { Rpc } from '../rpc.ts'

/**
 * Catching up by hand. A connected client does it by itself; this is for programs that look in now and then and keep
 * their own cursor.
 */
export interface SyncResource {
  /** The user's streams and their newest events; all, or those that changed since a watermark. */
  heads(input?: HeadsInput): Promise<Heads>
  /** What follows the given positions, or why they cannot be continued. */
  pull(input: PullInput): Promise<Pull>
  /**
   * Everything since a cursor of an earlier answer, or since a time.
   * @throws TidingsError CURSOR_TOO_LARGE
   */
  since(input?: SinceInput): Promise<Since>
}

export function createSyncCalls(rpc: Rpc): SyncResource {
  return {
    heads: (input = {}) => rpc('sync.heads', input),
    pull: (input) => rpc('sync.pull', input),
    since: (input = {}) => rpc('sync.since', input),
  }
}
