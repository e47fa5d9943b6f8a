import { TidingsError } from '@tidings/protocol/wire'
import type { Database } from '../db/database.ts'
import { insertTicket, useTicket } from '../stores/ticket.ts'
import type { IssuedSecret, TicketRequest, Tickets } from './auth.ts'
import { digestOf, randomToken } from './primitives.ts'

/** A connection ticket must be used within this time. */
const TICKET_MS = 30_000

/** Tickets: 256 bits, 30 s, used once. They travel in a URL, so they must be worth nothing to who reads it later. */
export function openTickets(database: Database): Tickets {
  return {
    async issue(
      tx,
      { sessionKey, origin, scope = null, endsAt, now }: TicketRequest,
    ): Promise<IssuedSecret> {
      const token = `tdt_${randomToken()}`
      const expiresAt = now + TICKET_MS
      await insertTicket(database, tx, {
        digest: digestOf(token),
        sessionKey,
        origin,
        scope,
        endsAt,
        createdAt: now,
        expiresAt,
      })
      return { token, expiresAt }
    },
    async redeem(token, origin) {
      const digest = digestOf(token)
      // Used up in a transaction of its own: a refusal below must not give it back.
      const { ticket, now } = await database.tx(async (tx) => {
        const usedAt = await database.now(tx)
        return { ticket: await useTicket(database, tx, { digest, usedAt }), now: usedAt }
      })
      if (ticket === undefined || ticket.expiresAt <= now) throw new TidingsError('UNAUTHENTICATED')
      // A ticket that a page asked for is no use to another page that got hold of it.
      if (ticket.origin !== null && ticket.origin !== origin)
        throw new TidingsError('ORIGIN_REFUSED')
      return ticket
    },
  }
}
