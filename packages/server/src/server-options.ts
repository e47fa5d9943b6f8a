import type { Kinds, KindSchema } from '@tidings/protocol/wire'
import type { AuthOptions } from './auth/open-auth.ts'
import type { Clock } from './clock.ts'
import type { BrokerChoice, ConfigOptions } from './config.ts'
import type { OpenOptions } from './db/open.ts'
import type { DoorTimings } from './doors/timings.ts'
import type { OpenTrpcDoor } from './doors/trpc/door.ts'
import type { Logger } from './logger.ts'
import type { Mailer } from './mailer.ts'
import type { Machine } from './machine.ts'
import type { Broker } from './realtime/broker.ts'
import type { RealtimeTimings } from './realtime/open-realtime.ts'

/** Options of {@link createServer}: everything of {@link ConfigOptions}, and what an embedding app brings along. */
export interface ServerOptions extends Omit<ConfigOptions, 'broker'> {
  /**
   * What carries hints between the nodes of one database, or one of the app's own. Nothing depends on it but how soon
   * other nodes know, and who is shown online and typing there. @default `redis` with `redisUrl`, else `postgres`; with
   * SQLite none
   */
  readonly broker?: BrokerChoice | Broker | undefined
  /** The app's own message kinds; give the same record to `createClient`. @default any kind, as bounded JSON */
  readonly kinds?: Kinds | undefined
  /** The app's schema of the data of a group. @default any bounded JSON */
  readonly conversationData?: KindSchema | undefined
  /** Sends mails; the app's own. @default by `smtpUrl`; without one, on a server that nobody else reaches, to the log */
  readonly mailer?: Mailer | undefined
  /** @default the clock of this process; on Postgres the database's own decides */
  readonly clock?: Clock | undefined
  /** @default JSON lines on standard output */
  readonly log?: Logger | undefined
  /** Sizes of the Postgres pools. */
  readonly postgres?: OpenOptions['postgres']
  /** For tests. */
  readonly timings?: Partial<DoorTimings & RealtimeTimings> | undefined
}

/** What a server finds around it, and the test kit replaces. */
export interface Surroundings extends Pick<AuthOptions, 'passwords' | 'sign'> {
  readonly machine: Machine
  readonly sqlite?: OpenOptions['sqlite']
  /** tRPC over WebSocket by another adapter, to compare with. @default ours */
  readonly openTrpc?: OpenTrpcDoor | undefined
}
