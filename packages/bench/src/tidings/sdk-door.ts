import { createClient } from '@tidings/sdk'
import type { CatchUpOptions, Client, ConnectOptions, Door } from '../client.ts'

/** The SDK, with its store in memory. */
export const sdkDoor: Door = {
  async connect({ url, token, listener, receipts }: ConnectOptions): Promise<Client> {
    const client = createClient({
      url,
      accessToken: () => token,
      delivered: receipts ? 'automatic' : 'manual',
    })
    client.on('message.created', ({ body: { message } }) => {
      if (message.senderId !== client.userId && message.body.kind === 'text')
        listener.received(message.body.text)
    })
    client.on('receipt.updated', ({ body }) => {
      for (const { userId, to } of body.receipts)
        if (userId !== client.userId) listener.delivered(to)
    })
    await client.connect()
    return {
      send(conversationId, texts) {
        for (const text of texts) {
          const body = { kind: 'text', text } as const
          client.message.send({ conversationId, body }).then(({ seq }) => listener.acked(seq), fail)
        }
      },
      close: () => client.close(),
    }
  },

  async catchUp({ url, token, conversationId, messages }: CatchUpOptions): Promise<void> {
    const client = createClient({
      url,
      accessToken: () => token,
      delivered: 'manual',
      catchUp: 'from-start',
    })
    let got = 0
    await new Promise<void>((resolve, reject) => {
      client.on('message.created', ({ body: { message } }) => {
        if (message.conversationId !== conversationId) return
        got += 1
        if (got === messages) resolve()
      })
      client.connect().catch(reject)
    })
    await client.close()
  },
}

/** A measurement in which something fails measures nothing. */
function fail(error: unknown): void {
  setImmediate(() => {
    throw error
  })
}
