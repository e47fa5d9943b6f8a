/**
 * A server inside the process, for the test kit of `@tidings/sdk/testing`: no port, time of the test's choice, passwords
 * that cost nothing. Nothing here is fit for real users.
 */
import { createHash } from 'node:crypto'
import type { AuthOptions } from './auth/open-auth.ts'
import { authenticationCode } from './auth/primitives.ts'
import type { Caller } from './doors/procedure.ts'
import { openTrpcDoor } from './doors/trpc/door.ts'
import { openStockTrpcDoor } from './doors/trpc/stock.ts'
import { systemMachine, type Machine } from './machine.ts'
import { createServerIn, type PortlessServer } from './server.ts'
import type { ServerOptions } from './server-options.ts'

export { systemMachine }
export type { Caller, Machine, PortlessServer, ServerOptions }

/** Options of {@link createTestServer}: a server's, and where its time, chance and ids come from. */
export interface TestServerOptions extends ServerOptions {
  readonly machine: Machine
  /** tRPC over WebSocket by our adapter, or by tRPC's own to compare with: it holds no client back. @default own */
  readonly trpcAdapter?: keyof typeof TRPC_ADAPTERS | undefined
}

/** The adapters of tRPC over WebSocket; see docs/adr/0008. */
const TRPC_ADAPTERS = { own: openTrpcDoor, stock: openStockTrpcDoor }

/**
 * Makes a server that never touches a port and whose database is not forced to the disk. All of its work is done on the
 * thread of its caller, nothing by threads of Node's, so that a test can tell when nothing is left to do.
 */
export function createTestServer(testOptions: TestServerOptions): PortlessServer {
  const { machine, trpcAdapter = 'own', ...options } = testOptions
  const openTrpc = TRPC_ADAPTERS[trpcAdapter]
  const sqlite = { durable: false }
  return createServerIn(options, { machine, openTrpc, passwords: CHEAP, sign, sqlite })
}

type Passwords = NonNullable<AuthOptions['passwords']>
type Sign = NonNullable<AuthOptions['sign']>

/** Real ones are hashed in 25 ms by a thread. */
const CHEAP: Passwords = {
  hash: (password) => Promise.resolve(cheapHash(password)),
  verify: (hash, password) => Promise.resolve(hash === cheapHash(password)),
}

function cheapHash(password: string): string {
  return `test-only:${createHash('sha256').update(password).digest('hex')}`
}

/** What oslo makes, by a hash of this thread. */
const sign: Sign = ({ id, key }, { userId, sessionId, issuedAt, expiresAt }) => {
  const header = { kid: id, alg: 'HS256', typ: 'JWT' }
  const claims = { user_id: userId, sid: sessionId, iss: 'tidings', aud: 'tidings' }
  const times = { exp: Math.floor(expiresAt / 1000), iat: Math.floor(issuedAt / 1000) }
  const parts = [header, { ...times, ...claims }].map(encoded).join('.')
  return Promise.resolve(`${parts}.${authenticationCode(key, parts)}`)
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
