import { liveInputSchema } from '@tidings/protocol'
import type { z } from 'zod'
import type { Actor } from '../services/actor.ts'
import { requireVersion } from '../services/sync.ts'
import type { HotCall } from './hot-calls.ts'

/**
 * `sync.live` for a door that follows the queue of the subscription itself: a generator, with the promises on which it
 * waits, would keep three times the memory of all else that belongs to an idle connection. Says who may follow.
 */
export const liveCall: HotCall<z.infer<typeof liveInputSchema>, Actor> = {
  path: 'sync.live',
  scope: 'messages:read',
  whenLimited: true,
  schema: liveInputSchema,
  run({ actor }, { version }) {
    requireVersion(version)
    return Promise.resolve(actor)
  },
}
