import type { ListPresenceInput, UserPresence } from '@tidings/protocol/wire'
import type { Rpc } from '../rpc.ts'

/** Who is online. What changes afterwards is told by `presence.changed`. */
export interface PresenceResource {
  /**
   * Of those of the users (at most 100) who share a conversation with this one. The others are left out, whoever they
   * are. Ask again after a reconnect: signals are not kept.
   */
  list(input: ListPresenceInput): Promise<UserPresence[]>
}

export function createPresence(rpc: Rpc): PresenceResource {
  return { list: (input) => rpc('presence.list', input) }
}
