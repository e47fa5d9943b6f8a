import type { Credentials, Event, SendInput, Sent } from '@tidings/protocol/wire'
import { createClientIn } from '../../src/client.ts'
import {
  memoryTokens,
  type ClientOptions,
  type NoKinds,
  type TidingsClient,
} from '../../src/index.ts'
import { FakeClock } from './fake-clock.ts'
import { FakeServer } from './fake-server.ts'

/** A client on a scripted network, in scripted time. */
export interface Scene {
  readonly client: TidingsClient
  readonly server: FakeServer
  readonly clock: FakeClock
}

export const CONVERSATION = '00000000-0000-4000-8000-000000000001'
export const STREAM = `m:${CONVERSATION}`

/** A sign-in of ann, or of somebody else. */
export function credentialsOf(name = 'ann', token = `${name}-token`): Credentials {
  return {
    user: { id: `id-of-${name}`, username: name, email: null, role: 'user', createdAt: 1 },
    sessionId: `session-of-${name}`,
    accessToken: token,
    accessTokenExpiresAt: 2,
    refreshToken: `${token}-refresh`,
    refreshTokenExpiresAt: 3,
  }
}

/** Tokens of a sign-in that is kept already. */
export function keptTokens(credentials = credentialsOf()): ReturnType<typeof memoryTokens> {
  const tokens = memoryTokens()
  void tokens.save(credentials)
  return tokens
}

/** A signed-in client. */
export function openScene(options: Partial<ClientOptions<NoKinds>> = {}): Scene {
  const server = new FakeServer()
  const clock = new FakeClock()
  const client = createClientIn<NoKinds>(
    {
      url: 'http://server.test',
      tokens: keptTokens(),
      fetch: server.fetch,
      WebSocket: server.WebSocket,
      ...options,
    },
    clock,
  )
  return { client, server, clock }
}

/** A message in an event. */
export function messageEvent(seq: number, text = `text ${seq}`, stream = STREAM): Event {
  const conversationId = stream.slice(2)
  const message = {
    id: `message-${seq}`,
    conversationId,
    seq,
    senderId: 'id-of-bob',
    clientMessageId: null,
    body: { kind: 'text', text } as const,
    createdAt: seq,
    editedAt: null,
  }
  return { stream, seq, tag: seq * 7, timestamp: seq, type: 'message.created', body: { message } }
}

/** The acknowledgement of a message. */
export function sentOf({ conversationId, clientMessageId }: SendInput, seq: number): Sent {
  return {
    messageId: `message-${seq}`,
    conversationId,
    clientMessageId: clientMessageId ?? null,
    stream: `m:${conversationId}`,
    seq,
    tag: seq * 7,
    timestamp: seq,
    duplicate: false,
  }
}

/** A text to send. */
export function textTo(conversationId: string, text: string) {
  return { conversationId, body: { kind: 'text', text } } as const
}
