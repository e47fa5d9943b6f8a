import { TidingsError } from '@tidings/protocol/wire'
import { requireGrant } from '../../rpc/grant.ts'
import { liveCall } from '../../rpc/live-call.ts'
import { chargeCall } from '../../services/call-limit.ts'
import type { Deps } from '../../services/deps.ts'
import { bearerOf } from '../bearer.ts'
import { releaseWith } from '../connection-caps.ts'
import type { DialectHost } from '../device/dialect.ts'
import type { DeviceDoorParts } from '../device/devices.ts'
import { DoorSocket } from '../socket.ts'
import { sourceOf } from '../source.ts'
import type { UpgradeRoute } from '../upgrade.ts'
import { Seed001Dialect } from './dialect.ts'

/** Seed 001's WebSocket, on `/api/ws`: authorised as its HTTP side is, by the `Authorization` header of the upgrade. */
export function seed001Socket(deps: Deps, { devices, caps }: DeviceDoorParts): UpgradeRoute {
  return {
    template: '/api/ws',
    match: (path) => (path === '/api/ws' ? '' : undefined),
    async admit(request) {
      const source = sourceOf(request, deps.config, 'seed-001')
      chargeCall(deps, source.ip, 'ip')
      const token = bearerOf(request)
      if (token === undefined) throw new TidingsError('UNAUTHENTICATED')
      const actor = await deps.auth.authenticateClient(token)
      // An app that may not follow would be cut off as soon as it had connected, time and again.
      await requireGrant(actor, liveCall, () => ({}))
      releaseWith(request.socket, caps.takeUser(actor.userKey))
      return (webSocket) => {
        const socket = new DoorSocket(webSocket, deps.realtime)
        const speak = (host: DialectHost) => new Seed001Dialect(host)
        devices.connect({ actor, source, socket, speak }).follow()
      }
    },
  }
}
