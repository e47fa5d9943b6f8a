import { createTRPCClient, createWSClient, TRPCClientError, wsLink } from '@trpc/client'
import superjson from 'superjson'
import { WebSocket } from 'ws'
import { METHODS, type ErrorCode, type NumberedPath } from '@tidings/protocol/wire'
import type { AppRouter } from '../../src/rpc/root.ts'
import { isTidingsError } from '@tidings/protocol/wire'
import { RestClient } from '../support/rest-client.ts'
import type { TestServer } from '../support/test-server.ts'
import { httpClient, type Person } from './person.ts'
import { NumberedClient } from './numbered-client.ts'

/** A refusal, whichever way it came. */
class Refusal extends Error {
  readonly code: ErrorCode
  constructor(code: ErrorCode) {
    super(code)
    this.code = code
  }
}

/** One way of calling procedures, as one person. */
export interface Caller extends AsyncDisposable {
  /** @throws Refusal */
  call(path: NumberedPath, input: Readonly<Record<string, unknown>>): Promise<unknown>
}

/** A door of the server; the suite must come out the same through each. */
export interface Door {
  readonly name: 'caller' | 'http' | 'rest' | 'websocket' | 'numbered'
  open(server: TestServer, person: Person): Promise<Caller>
}

function refusalOf(error: unknown): Refusal {
  if (isTidingsError(error)) return new Refusal(error.code)
  if (error instanceof TRPCClientError) {
    const data = error.data as { code?: ErrorCode } | null | undefined
    if (data?.code !== undefined) return new Refusal(data.code)
  }
  if (error instanceof Error && isTidingsError(error.cause)) return new Refusal(error.cause.code)
  throw error
}

type Callable = { mutate(input: unknown): Promise<unknown> }

/** A tRPC client's procedure by its path. */
function procedureOf(client: object, path: string): Callable {
  let at: unknown = client
  for (const part of path.split('.')) at = (at as Record<string, unknown>)[part]
  return at as Callable
}

const caller: Door = {
  name: 'caller',
  async open(server, person) {
    const procedures = await server.server.createCaller(person.accessToken)
    return {
      async call(path, input) {
        const [noun, verb] = path.split('.') as [string, string]
        const all = procedures as unknown as Record<
          string,
          Record<string, (input: unknown) => Promise<unknown>>
        >
        const procedure = all[noun]?.[verb]
        if (procedure === undefined) throw new Error(path)
        return procedure(input).catch((error: unknown) => {
          throw refusalOf(error)
        })
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
  },
}

const http: Door = {
  name: 'http',
  async open(server, person) {
    const client = httpClient(server.url, person.accessToken)
    return {
      call: (path, input) =>
        procedureOf(client, path)
          .mutate(input)
          .catch((error: unknown) => {
            throw refusalOf(error)
          }),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
  },
}

const rest: Door = {
  name: 'rest',
  async open(server, person) {
    const client = await RestClient.open(server)
    return {
      async call(path, input) {
        const { outcome, result } = await client.call(path, input, person.accessToken)
        if (outcome !== 'ok') throw new Refusal(outcome as ErrorCode)
        return result
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
  },
}

/** tRPC's own WebSocket client: what it can do against its own adapter it must be able to do here. */
export function openWebSocketClient(server: TestServer, person: Person) {
  const socket = createWSClient({
    url: `${server.url.replace('http', 'ws')}/trpc`,
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
    connectionParams: () => Promise.resolve({ token: person.accessToken }),
  })
  const client = createTRPCClient<AppRouter>({
    links: [wsLink({ client: socket, transformer: superjson })],
  })
  return { client, [Symbol.asyncDispose]: () => socket.close() }
}

const websocket: Door = {
  name: 'websocket',
  async open(server, person) {
    const { client, [Symbol.asyncDispose]: close } = openWebSocketClient(server, person)
    return {
      call: (path, input) =>
        procedureOf(client, path)
          .mutate(input)
          .catch((error: unknown) => {
            throw refusalOf(error)
          }),
      [Symbol.asyncDispose]: async () => {
        await close()
      },
    }
  },
}

const NUMBER_OF = new Map(Object.entries(METHODS).map(([number, path]) => [path, Number(number)]))

const numbered: Door = {
  name: 'numbered',
  async open(server, person) {
    const client = await NumberedClient.open(server, person)
    await client.start()
    return {
      async call(path, input) {
        const outcome = await client.call(NUMBER_OF.get(path) ?? 0, toNumbered(path, input))
        if ('code' in outcome) throw new Refusal(outcome.code as ErrorCode)
        return fromNumbered(outcome)
      },
      [Symbol.asyncDispose]: () => client.close(),
    }
  },
}

/** The names of one wire in the other's. */
const NAMES: Readonly<Record<string, string>> = {
  conversationId: 'group_id',
  clientMessageId: 'client_id',
  messageId: 'message_id',
  userId: 'user_id',
  userIds: 'user_ids',
  joinPolicy: 'join_policy',
}

function toNumbered(path: NumberedPath, input: Readonly<Record<string, unknown>>) {
  const { body, ...rest } = input
  const named: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(rest)) named[NAMES[name] ?? name] = value
  if (path.startsWith('message.') && typeof body === 'object' && body !== null) {
    const { kind, text, data } = body as Record<string, unknown>
    if (kind === 'text') named['data'] = text
    else Object.assign(named, { kind, content: data })
  }
  return named
}

function fromNumbered(result: Readonly<Record<string, unknown>>) {
  const names = new Map(Object.entries(NAMES).map(([ours, theirs]) => [theirs, ours]))
  const renamed = Object.entries(result).map(
    ([name, value]) => [names.get(name) ?? name, value] as const,
  )
  return Object.fromEntries(renamed)
}

export const DOORS: readonly Door[] = [caller, http, rest, websocket, numbered]
