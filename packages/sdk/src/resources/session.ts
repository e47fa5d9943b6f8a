import type { Device, Session, CreatedSession, Ticket } from '@tidings/protocol/wire'
import type { Rpc } from '../rpc.ts'

/** The user's sign-ins, one a device. */
export interface SessionResource {
  /** Names this sign-in's device; a device that was seen before keeps its session. Answers a ticket too. */
  create(device: Device): Promise<CreatedSession>
  list(): Promise<Session[]>
  /** @throws TidingsError NOT_FOUND */
  rename(input: { readonly sessionId: string; readonly name: string }): Promise<Session>
  /**
   * Ends a session; its connections close within 5 seconds.
   * @throws TidingsError NOT_FOUND
   */
  revoke(input: { readonly sessionId: string }): Promise<void>
  /** Ends every session but this one. */
  revokeOthers(): Promise<void>
  /** A single-use ticket that opens a numbered WebSocket. */
  createTicket(): Promise<Ticket>
}

export function createSession(rpc: Rpc): SessionResource {
  return {
    create: (device) => rpc('session.create', device),
    list: () => rpc('session.list', undefined),
    rename: (input) => rpc('session.rename', input),
    revoke: (input) => rpc('session.revoke', input),
    revokeOthers: () => rpc('session.revokeOthers', undefined),
    createTicket: () => rpc('session.createTicket', undefined),
  }
}
