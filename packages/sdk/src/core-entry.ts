/** The client of a Tidings server without a store: connection, calls, events, receipts and an outbox that is kept. */
export { createCoreClient } from './core-client.ts'
export type { CoreClient, CoreClientOptions } from './core-client.ts'
export { memoryStorage } from './storage.ts'
export { memoryTokens } from './tokens.ts'
export { isTidingsError, TidingsError } from '@tidings/protocol/wire'
