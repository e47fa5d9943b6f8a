import { describe } from 'vitest'
import { openTrpcDoor, TRPC_PATH, type OpenTrpcDoor } from '../../src/doors/trpc/door.ts'
import { openStockTrpcDoor } from '../../src/doors/trpc/stock.ts'
import { engines, type Engine } from './databases.ts'

/** Both on one server, so that the same user can ask both the same: a URL with `adapter=stock` reaches tRPC's own. */
const openBoth: OpenTrpcDoor = (deps, options) => {
  const [own, stock] = [openTrpcDoor(deps, options), openStockTrpcDoor(deps, options)]
  return {
    route: {
      ...TRPC_PATH,
      admit: (request, matched) =>
        (request.url?.includes('adapter=stock') === true ? stock : own).route.admit(
          request,
          matched,
        ),
    },
    connectionCount: () => own.connectionCount() + stock.connectionCount(),
    close: async () => void (await Promise.all([own.close(), stock.close()])),
  }
}

/** What serves tRPC over WebSocket: our adapter, or tRPC's own, which ours must not be told apart from. */
export const ADAPTERS = { own: openTrpcDoor, stock: openStockTrpcDoor, both: openBoth } as const

export type Adapter = keyof typeof ADAPTERS

/** Runs a block of tests on both adapters. What only ours can do is tested elsewhere, with the reason. */
export function describeAdapters(name: string, block: (adapter: Adapter) => void): void {
  describe.each(['own', 'stock'] as const)(`${name}, the %s adapter`, (adapter) => {
    block(adapter)
  })
}

/** Where a server's calls go in, and where its data is. */
export interface Place {
  readonly engine: Engine
  readonly adapter: Adapter
}

/** Our adapter on every engine, and tRPC's own on SQLite: what lies below knows nothing of adapters. */
export function describePlaces(name: string, block: (place: Place) => void): void {
  const places: readonly Place[] = [
    ...engines.map((engine) => ({ engine, adapter: 'own' as const })),
    ...engines
      .filter((engine) => engine === 'sqlite')
      .map((engine) => ({ engine, adapter: 'stock' as const })),
  ]
  for (const place of places) {
    const adapter = place.adapter === 'own' ? '' : ", tRPC's own adapter"
    describe(`${name} on ${place.engine}${adapter}`, () => {
      block(place)
    })
  }
}
