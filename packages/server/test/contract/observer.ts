import type { Event, LiveItem, Signal } from '@tidings/protocol/wire'
import type { TestServer } from '../support/test-server.ts'
import { openWebSocketClient } from './doors.ts'
import { NumberedClient, type NumberedFrame } from './numbered-client.ts'
import type { Person } from './person.ts'

/** What somebody saw, told alike for both ways of watching. */
export interface Sight {
  readonly type: string
  readonly conversationId?: string | undefined
  readonly userId?: string | undefined
  readonly text?: string | undefined
}

/** Somebody who watches what is pushed to him. */
export interface Observer extends AsyncDisposable {
  readonly seen: readonly Sight[]
  /** Waits until so many sights fit. */
  saw(fits: (sight: Sight) => boolean, times?: number): Promise<void>
}

export interface Watch {
  readonly name: 'live' | 'numbered'
  open(server: TestServer, person: Person): Promise<Observer>
}

class Sights implements Pick<Observer, 'seen' | 'saw'> {
  readonly seen: Sight[] = []
  readonly #waiting = new Set<() => void>()

  add(sight: Sight): void {
    this.seen.push(sight)
    for (const wake of [...this.#waiting]) wake()
  }

  async saw(fits: (sight: Sight) => boolean, times = 1): Promise<void> {
    while (this.seen.filter(fits).length < times) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake)
          resolve()
        }
        this.#waiting.add(wake)
      })
    }
  }
}

function sightsOf(event: Event): readonly Sight[] {
  const { type } = event
  switch (event.type) {
    case 'message.created':
    case 'message.edited':
    case 'message.deleted': {
      const { conversationId, senderId, body } = event.body.message
      return [
        { type, conversationId, userId: senderId, text: 'text' in body ? String(body.text) : '' },
      ]
    }
    case 'receipt.updated':
      return event.body.receipts.map(({ kind, userId }) => ({
        type: `message.${kind}`,
        conversationId: event.body.conversationId,
        userId,
      }))
    case 'member.joined':
    case 'member.left':
    case 'member.muted':
    case 'member.banned':
      return [{ type, conversationId: event.body.conversationId, userId: event.body.userId }]
    case 'event.withheld':
      return []
    case 'user.updated':
    case 'contact.updated':
    case 'block.updated':
      return [{ type, userId: event.body.userId }]
    case 'message.reacted':
      return [
        {
          type,
          conversationId: event.body.conversationId,
          userId: event.body.userId ?? '',
          text: event.body.reaction ?? '',
        },
      ]
    case 'message.hidden':
    case 'conversation.added':
    case 'group.updated':
    case 'mark.updated':
    case 'conversation.hidden':
    case 'conversation.preferenceUpdated':
      return [{ type, conversationId: event.body.conversationId }]
    case 'notification.created':
    case 'notification.updated':
      return []
  }
}

function sightOfSignal({ type, body }: Signal): Sight {
  const { userId } = body
  if ('online' in body) return { type, userId, text: body.online ? 'online' : 'offline' }
  return { type, conversationId: body.conversationId, userId }
}

const live: Watch = {
  name: 'live',
  async open(server, person) {
    const { client, [Symbol.asyncDispose]: close } = openWebSocketClient(server, person)
    const sights = new Sights()
    await new Promise<void>((resolve, reject) => {
      client.sync.live.subscribe(undefined, {
        onData(items: LiveItem[]) {
          for (const item of items) {
            if (item.kind === 'ready') resolve()
            else if (item.kind === 'events')
              for (const event of item.events)
                for (const sight of sightsOf(event)) sights.add(sight)
            else if (item.kind === 'signals')
              for (const signal of item.signals) sights.add(sightOfSignal(signal))
          }
        },
        onError: reject,
      })
    })
    return Object.assign(sights, {
      [Symbol.asyncDispose]: async () => {
        await close()
      },
    })
  },
}

const TYPES: Readonly<Record<number, string>> = {
  20: 'message.created',
  21: 'message.accepted',
  22: 'message.delivered',
  23: 'message.read',
  24: 'message.edited',
  25: 'message.deleted',
  27: 'mark.updated',
  40: 'typing.started',
  41: 'typing.stopped',
  42: 'presence.changed',
  70: 'conversation.added',
  71: 'group.updated',
  72: 'member.joined',
  73: 'member.left',
}

function sightOfFrame({ type, body }: NumberedFrame): Sight | undefined {
  const name = TYPES[type]
  if (name === undefined) return undefined
  if ('online' in body)
    return {
      type: name,
      userId: body['user_id'] as string,
      text: body['online'] === true ? 'online' : 'offline',
    }
  const text = 'data' in body ? String(body['data']) : name === 'message.deleted' ? '' : undefined
  return {
    type: name,
    conversationId: body['group_id'] as string,
    userId: body['user_id'] as string,
    text,
  }
}

const numbered: Watch = {
  name: 'numbered',
  async open(server, person) {
    const client = await NumberedClient.open(server, person, 'watch')
    await client.start()
    const sightsSoFar = () => client.frames.flatMap((frame) => sightOfFrame(frame) ?? [])
    return {
      get seen() {
        return sightsSoFar()
      },
      async saw(fits, times = 1) {
        await client.next(() => sightsSoFar().filter(fits).length >= times)
      },
      [Symbol.asyncDispose]: () => client.close(),
    }
  },
}

export const WATCHES: readonly Watch[] = [live, numbered]
