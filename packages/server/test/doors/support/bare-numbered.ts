import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { inject } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { resolveConfig } from '../../../src/config.ts'
import { DeviceConnection } from '../../../src/doors/device/connection.ts'
import { StreamNames } from '../../../src/doors/device/stream-names.ts'
import { NumberedDialect } from '../../../src/doors/numbered/dialect.ts'
import { createCaller } from '../../../src/doors/procedure.ts'
import { DoorSocket } from '../../../src/doors/socket.ts'
import { DEFAULT_TIMINGS } from '../../../src/doors/timings.ts'
import { DoorWebSocket } from '../../../src/doors/web-socket.ts'
import { Wheel } from '../../../src/doors/wheel.ts'
import { createLogger } from '../../../src/logger.ts'
import { systemMachine as machine } from '../../../src/machine.ts'
import { openParts, type Parts } from '../../../src/parts.ts'
import { createTestPlace, type Engine } from '../../support/databases.ts'
import { quickPasswords } from '../../support/quick-passwords.ts'
import { NumberedClient } from './seed-client.ts'

const SECRET = 'a secret of tests that is long enough 0123456789'

/** Somebody with an account. */
export interface Person {
  readonly id: string
  readonly token: string
  readonly call: ReturnType<typeof createCaller>
}

/** The parts of a server without a port. */
export async function openBareServer(engine: Engine) {
  const place = await createTestPlace(engine)
  const folder = mkdtempSync(join(inject('runFolder'), 'bare-'))
  const log = createLogger({ level: 'silent' })
  const limits = { messagesBurst: 100_000, messagesPerSecond: 100_000 }
  const config = resolveConfig({ databaseUrl: place.url, secrets: [SECRET], limits })
  const parts = await openParts({ machine, log, passwords: quickPasswords() }, config)
  let sockets = 0
  return {
    deps: parts.deps,
    signUp: (username: string) => signUp(parts, username),
    /** A numbered connection of his, and the client at its other end. */
    connect: (person: Person) => connect(parts, person, join(folder, `${(sockets += 1)}`)),
    async [Symbol.asyncDispose]() {
      await parts.close()
      await place[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true })
    },
  }
}

const source = { door: 'numbered', ip: '127.0.0.1', origin: null } as const

async function signUp({ deps }: Parts, username: string): Promise<Person> {
  const stranger = createCaller({ deps, actor: null, source, transport: null })
  const account = { username, password: 'correct horse' }
  await stranger.account.register(account)
  const { user, accessToken: token } = await stranger.account.login({
    login: username,
    password: account.password,
  })
  const actor = await deps.auth.authenticate(token)
  return { id: user.id, token, call: createCaller({ deps, actor, source, transport: null }) }
}

/**
 * A connection as the numbered door makes it, in the hands of the test: when it is told something is the test's choice. It
 * is over a socket of the file system, whose buffers do not grow: a client that does not read is congested soon.
 */
async function connect({ deps }: Parts, { token }: Person, path: string) {
  const http = createServer()
  const sockets = new WebSocketServer({ server: http, WebSocket: DoorWebSocket })
  http.listen(path)
  await once(http, 'listening')
  const client = new NumberedClient(new WebSocket(`ws+unix:${path}:/`))
  const opened = once(client.socket, 'open')
  const [webSocket]: DoorWebSocket[] = await once(sockets, 'connection')
  if (webSocket === undefined) throw new Error('not connected')
  await opened
  const wheel = new Wheel<DeviceConnection>({ tickMs: 1000, turnMs: 30_000, machine })
  const shared = {
    ...{ deps, wheel, names: new StreamNames(), saving: new Map(), left: () => undefined },
    timings: DEFAULT_TIMINGS,
    metrics: { request: () => undefined, numberedCall: () => undefined, read: never },
  }
  const socket = new DoorSocket(webSocket, deps.realtime)
  const actor = await deps.auth.authenticate(token)
  const connection = new DeviceConnection(shared, {
    ...{ actor, source, socket },
    speak: (host) => new NumberedDialect(host),
  })
  connection.start()
  return {
    client,
    socket,
    /** As if it had come over the socket now. */
    tell: (call: object) => connection.message(JSON.stringify(call)),
    close: (code: 4403) => connection.close(code),
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]()
      wheel.stop()
      sockets.close()
      http.close()
    },
  }
}

function never(): never {
  throw new Error('nobody reads figures here')
}
