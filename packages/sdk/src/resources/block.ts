import type { BlockPage, PageInput, UserRef } from '@tidings/protocol/wire'
import type { Rpc } from '../rpc.ts'

/** Keeping somebody away. `block.updated` tells this user's devices alone. */
export interface BlockResource {
  /**
   * From the answer on no message passes in the direct conversation of the two, either way (FORBIDDEN), neither finds or
   * adds the other anew, and neither sees whether the other is online. In groups that both are in, nothing changes.
   * @throws TidingsError NOT_FOUND, LIMIT_REACHED
   */
  create(user: UserRef): Promise<void>
  /** Takes it back; without a block nothing happens. @throws TidingsError NOT_FOUND */
  delete(user: UserRef): Promise<void>
  list(page?: PageInput): Promise<BlockPage>
}

export function createBlock(rpc: Rpc): BlockResource {
  return {
    create: (user) => rpc('block.create', user),
    delete: (user) => rpc('block.delete', user),
    list: (page = {}) => rpc('block.list', page),
  }
}
