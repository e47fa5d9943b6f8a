import type { LiveItem } from '@tidings/protocol/wire'
import type { AppRouter } from '@tidings/server'
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client'
import superjson from 'superjson'
import { WebSocket } from 'ws'
import type { CatchUpOptions, Client, ConnectOptions, Door, Listener } from '../client.ts'

/** tRPC's own client: arrays of messages, one receipt for what came together. */
export const trpcDoor: Door = {
  async connect({ url, token, listener, receipts }: ConnectOptions): Promise<Client> {
    const { client, socket } = open(url, token)
    const { id } = await client.account.get.query()
    await new Promise<void>((resolve, reject) => {
      client.sync.live.subscribe(
        {},
        {
          onStarted: () => resolve(),
          onError: reject,
          onData: (items) => {
            const marks = hear(items, id, listener)
            if (!receipts) return
            for (const [conversationId, seq] of marks)
              client.message.delivered.mutate({ conversationId, seq }).catch(fail)
          },
        },
      )
    })
    return {
      send(conversationId, texts) {
        const input = texts.map((text) => ({
          conversationId,
          body: { kind: 'text' as const, text },
        }))
        client.message.send
          .mutate(input)
          .then((sent) => {
            for (const one of [sent].flat()) {
              if ('error' in one) throw new Error(one.error.code)
              listener.acked(one.seq)
            }
          })
          .catch(fail)
      },
      close: () => Promise.resolve(socket.close()),
    }
  },

  async catchUp({ url, token, conversationId, messages }: CatchUpOptions): Promise<void> {
    const { client, socket } = open(url, token)
    let got = 0
    for (let cursor: string | undefined, more = true; more;) {
      const page = await client.sync.since.mutate({
        ...(cursor ? { cursor } : { since: 0 }),
        limit: 500,
      })
      for (const event of page.events)
        if (
          event.type === 'message.created' &&
          event.body.message.conversationId === conversationId
        )
          got += 1
      ;({ cursor, more } = page)
    }
    if (got !== messages) throw new Error(`${got} of ${messages} messages came`)
    await socket.close()
  },
}

/** Answers up to where the messages of others came, by conversation. */
function hear(
  items: readonly LiveItem[],
  own: string,
  listener: Listener,
): ReadonlyMap<string, number> {
  const marks = new Map<string, number>()
  for (const item of items) {
    if (item.kind !== 'events') continue
    for (const event of item.events) {
      if (event.type === 'message.created' && event.body.message.senderId !== own) {
        const { body, conversationId } = event.body.message
        if ('text' in body) listener.received(body.text)
        marks.set(conversationId, event.seq)
      } else if (event.type === 'receipt.updated') {
        for (const { userId, to } of event.body.receipts) if (userId !== own) listener.delivered(to)
      }
    }
  }
  return marks
}

function open(url: string, token: string) {
  const socket = createWSClient({
    url: `${url.replace('http', 'ws')}/trpc`,
    // Node 20 has none of its own, and ws's class has other types than the one of browsers.
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
    connectionParams: () => ({ token }),
  })
  const client = createTRPCClient<AppRouter>({
    links: [wsLink({ client: socket, transformer: superjson })],
  })
  return { client, socket }
}

function fail(error: unknown): void {
  setImmediate(() => {
    throw error
  })
}
