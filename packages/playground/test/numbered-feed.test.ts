import type { TidingsClient } from '@tidings/sdk'
import { expect, test, vi } from 'vitest'
import { createDeferred } from '../../sdk/src/deferred.ts'
import type { Network } from '../src/network.ts'
import { NumberedFeed } from '../src/numbered-feed.ts'
import { Value } from '../src/value.ts'

test('[PLG6] a feed that ends while it is being opened opens no WebSocket', async () => {
  vi.stubGlobal('location', { host: '127.0.0.1:3000', protocol: 'http:' })
  const asked = createDeferred<{ messagingUrl: string }>()
  const create = vi.fn<() => Promise<{ messagingUrl: string }>>(() => asked.promise)
  const open = vi.fn<(url: string) => void>()
  class Socket {
    constructor(url: string) {
      open(url)
    }
    addEventListener(): void {}
  }
  // Nothing else of a client and of a network is used.
  const client = { session: { create } } as unknown as TidingsClient
  const network = { up: new Value(true), WebSocket: Socket } as unknown as Network
  const feed = new NumberedFeed({ client, network, deviceId: 'one' })
  await vi.waitFor(() => expect(create).toHaveBeenCalled())
  feed.end()
  asked.resolve({ messagingUrl: 'ws://127.0.0.1:3000/messaging' })
  await new Promise((resolve) => setImmediate(resolve))
  expect(open).not.toHaveBeenCalled()
})
