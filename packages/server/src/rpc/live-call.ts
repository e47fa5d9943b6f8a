import { liveInputSchema } from '@tidings/protocol'
import type { z } from 'zod'
import type { Actor } from '../services/actor.ts'
import { requireVersion } from '../services/sync.ts'
import type { HotCall } from './hot-calls.ts'

/** Who follows, and how. */
export interface LiveTerms {
  readonly actor: Actor
  /** False for one who takes the answer to his call for what it leads to. */
  readonly echo: boolean
}

/**
 * `sync.live` for a door that follows the queue of the subscription itself: a generator, with the promises on which it
 * waits, would keep three times the memory of all else that belongs to an idle connection. Says who may follow.
 */
export const liveCall: HotCall<z.infer<typeof liveInputSchema>, LiveTerms> = {
  path: 'sync.live',
  scope: 'messages:read',
  whenLimited: true,
  schema: liveInputSchema,
  run({ actor }, { version, echo = true }) {
    requireVersion(version)
    return Promise.resolve({ actor, echo })
  },
}
