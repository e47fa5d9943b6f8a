import type { Device } from '@tidings/protocol/wire'
import { sessionEnd } from '../auth/session-life.ts'
import type { Tx } from '../db/database.ts'
import {
  findDeviceSession,
  insertSession,
  listSessions,
  mergeSession,
  revokeSessions,
  updateDevice,
  type SessionRow,
} from '../stores/session.ts'
import type { Deps } from './deps.ts'

/** A user's sessions that live at once; the one that was used longest ago gives way to a new one. */
const MAX_SESSIONS = 100

/** What happened to the sessions of a user whose row is locked. */
export interface AddedSession {
  readonly session: SessionRow
  /** Keys of sessions that had to end; tell realtime once the transaction has committed. */
  readonly ended: readonly number[]
}

export interface DeviceSession extends AddedSession {
  /** From now on the sign-in acts as this session. */
  readonly current: boolean
}

/**
 * A new session, with room made for it. Call it with the user's row locked, as everything here.
 */
export async function addSession(
  deps: Deps,
  tx: Tx,
  { userKey, device, now }: { userKey: number; device: Device | undefined; now: number },
): Promise<AddedSession> {
  const living = await listSessions(deps.database, tx, { userKey, now })
  const surplus = living.slice(MAX_SESSIONS - 1).map(({ key }) => key)
  const ended = await revokeSessions(deps.database, tx, { keys: surplus, now })
  const id = deps.machine.newId()
  const expiresAt = sessionEnd(now, now)
  const session = await insertSession(deps.database, tx, { id, userKey, device, now, expiresAt })
  return { session, ended }
}

/**
 * The session of a device, for somebody acting as `own`. A device has one session: a known one is answered again
 * (seed 002), and a sign-in that has no device yet is merged into it, so that both end together. Otherwise the sign-in
 * becomes the device's session; one that already stands for another device gets a new session beside it.
 */
export async function deviceSession(
  deps: Deps,
  tx: Tx,
  { own, device, now }: { own: SessionRow; device: Device; now: number },
): Promise<DeviceSession> {
  const { database } = deps
  const { userKey } = own
  const free = own.deviceId === null
  const found = await findDeviceSession(database, tx, { userKey, deviceId: device.deviceId })
  const known = found !== undefined && found.expiresAt > now ? found : undefined
  // An expired session still holds the device's place.
  const keys = found !== undefined && known === undefined ? [found.key] : []
  const expired = await revokeSessions(database, tx, { keys, now })
  if (known !== undefined) {
    const current = free || known.key === own.key
    if (free) await mergeSession(database, tx, { key: own.key, into: known.key })
    return {
      session: await updateDevice(database, tx, { key: known.key, device }),
      ended: expired,
      current,
    }
  }
  if (free) {
    return {
      session: await updateDevice(database, tx, { key: own.key, device }),
      ended: expired,
      current: true,
    }
  }
  const added = await addSession(deps, tx, { userKey, device, now })
  return { session: added.session, ended: [...expired, ...added.ended], current: false }
}
