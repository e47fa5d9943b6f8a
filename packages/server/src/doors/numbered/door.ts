import { TidingsError } from '@tidings/protocol/wire'
import { chargeCall } from '../../services/call-limit.ts'
import type { Deps } from '../../services/deps.ts'
import { releaseWith } from '../connection-caps.ts'
import type { DeviceDoorParts } from '../device/devices.ts'
import { DoorSocket } from '../socket.ts'
import { sourceOf } from '../source.ts'
import type { UpgradeRoute } from '../upgrade.ts'
import { NumberedDialect } from './dialect.ts'

const PATH = /^\/ws\/([\w-]{16,256})$/

/** The numbered protocol over WebSocket, on `/ws/<ticket>` (seed 002's `messaging_url`). */
export function numberedRoute(deps: Deps, { devices, caps }: DeviceDoorParts): UpgradeRoute {
  return {
    template: '/ws/:ticket',
    match: (path) => (path.startsWith('/ws/') ? (PATH.exec(path)?.[1] ?? '') : undefined),
    async admit(request, ticket) {
      const source = sourceOf(request, deps.config, 'numbered')
      chargeCall(deps, source.ip, 'ip')
      if (ticket === '') throw new TidingsError('UNAUTHENTICATED')
      const actor = await deps.auth.redeemTicket(ticket, source.origin)
      releaseWith(request.socket, caps.takeUser(actor.userKey))
      return (webSocket) => {
        const socket = new DoorSocket(webSocket, deps.realtime)
        devices.connect({ actor, source, socket, speak: (host) => new NumberedDialect(host) })
      }
    },
  }
}
