import { vi } from 'vitest'
import { RawTrpcClient } from '../doors/support/trpc-client.ts'
import type { OAuthWorld } from './world.ts'

/** A WebSocket of a token whose live subscription is ready. */
export async function liveSocket(world: OAuthWorld, access: string): Promise<RawTrpcClient> {
  const socket = await RawTrpcClient.open(world.url, access)
  socket.call(1, 'sync.live', { version: 1 }, 'subscription')
  await vi.waitUntil(() => socket.texts.some((text) => text.includes('"ready"')), {
    timeout: 20_000,
  })
  return socket
}

/** Resolves once the server has closed it. */
export const isClosed = (socket: RawTrpcClient) =>
  vi.waitUntil(() => socket.closeCode !== undefined, { timeout: 20_000 })
