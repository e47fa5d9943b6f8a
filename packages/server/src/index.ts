/** The server as a library: an app may embed it, and a client's types come from its router. */
export { createServer } from './server.ts'
export type { Server, ServerAddress, ServerOptions } from './server.ts'
export { ConfigError, loadConfig } from './config.ts'
export type { Broker, BrokerListener, BrokerMessage } from './realtime/broker.ts'
export type {
  BrokerChoice,
  Config,
  ConfigOptions,
  ConfiguredLimits,
  LoadedConfig,
} from './config.ts'
export type { Caller } from './doors/procedure.ts'
export type { LogLevel } from './logger.ts'
export type { TrustedSignIn } from './services/trusted-sign-in.ts'
export type { Clock } from './clock.ts'
export type { AppRouter } from './rpc/root.ts'
export { DatabaseOpenError } from './db/errors.ts'
