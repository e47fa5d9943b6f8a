import type { Database } from '../db/database.ts'

/** What of a row makes a `SessionRow`. */
export function sessionColumns({ tables: { sessions } }: Database) {
  return {
    key: sessions.key,
    id: sessions.id,
    userKey: sessions.userKey,
    deviceId: sessions.deviceId,
    platform: sessions.platform,
    model: sessions.model,
    build: sessions.build,
    name: sessions.name,
    mergedInto: sessions.mergedInto,
    clientKey: sessions.clientKey,
    consentKey: sessions.consentKey,
    scope: sessions.scope,
    createdAt: sessions.createdAt,
    lastSeenAt: sessions.lastSeenAt,
    expiresAt: sessions.expiresAt,
    revokedAt: sessions.revokedAt,
  }
}
