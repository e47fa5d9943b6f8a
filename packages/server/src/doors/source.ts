import type { IncomingMessage } from 'node:http'
import type { Config } from '../config.ts'
import type { Source } from '../rpc/context.ts'
import { clientAddress } from './client-address.ts'
import { originOf } from './origins.ts'

/** Where a request comes from, and through which door. */
export function sourceOf(
  request: IncomingMessage,
  config: Pick<Config, 'trustProxy'>,
  door: Source['door'],
): Source {
  return { door, ip: clientAddress(request, config.trustProxy), origin: originOf(request) }
}
