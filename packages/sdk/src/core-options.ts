import type { Kinds } from '@tidings/protocol/wire'
import type { Environment } from './environment.ts'
import type { Seam } from './news.ts'
import type { ClientOptions } from './options.ts'
import type { KeptRows, KeptRowsOptions } from './store/kept-rows.ts'

/** What it takes to wire a client. */
export interface CoreOptions<K extends Kinds, L extends KeptRows> {
  readonly options: ClientOptions<K>
  readonly environment: Environment
  /** Keeps what the client knows: all of it, or no more than it must. */
  readonly createLocal: (options: KeptRowsOptions) => L
  readonly seam?: Seam | undefined
}
