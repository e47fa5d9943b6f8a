import type { Kinds } from '@tidings/protocol/wire'
import type { Core } from './core.ts'
import type { Environment } from './environment.ts'
import type { Seam } from './news.ts'
import type { ClientOptions } from './options.ts'
import type { TidingsClient } from './tidings-client.ts'

/** A client and what it is made of. */
export interface Assembled<K extends Kinds> {
  readonly client: TidingsClient<K>
  readonly core: Core<K>
}

/** What it takes to make a client that is not alone. */
export interface Assembly<K extends Kinds> {
  readonly options: ClientOptions<K>
  readonly environment: Environment
  readonly assemble: (parts: {
    readonly options: ClientOptions<K>
    readonly environment: Environment
    readonly seam?: Seam | undefined
  }) => Assembled<K>
}
