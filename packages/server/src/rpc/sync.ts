import {
  headsInputSchema,
  headsSchema,
  liveInputSchema,
  pullInputSchema,
  pullSchema,
  sinceInputSchema,
  sinceSchema,
} from '@tidings/protocol'
import { openLiveFor } from '../services/sync.ts'
import { headsCall, pullCall, sinceCall } from './hot-calls.ts'
import { authedProcedure, router } from './trpc.ts'

/** Catching up and live delivery. What only reads is a mutation in name: a list of positions outgrows a URL. */
export const syncRouter = router({
  heads: authedProcedure
    .meta({ openapi: { method: 'POST', path: '/sync/heads' } })
    .input(headsInputSchema)
    .output(headsSchema)
    .mutation(({ ctx, input }) => headsCall.run(ctx, input)),

  pull: authedProcedure
    .meta({ openapi: { method: 'POST', path: '/sync/pull' } })
    .input(pullInputSchema)
    .output(pullSchema)
    .mutation(async ({ ctx, input }) => (await pullCall.run(ctx, input)).value()),

  since: authedProcedure
    .meta({ rpc: 20, openapi: { method: 'POST', path: '/sync/since' } })
    .input(sinceInputSchema)
    .output(sinceSchema)
    .mutation(async ({ ctx, input }) => (await sinceCall.run(ctx, input)).value()),

  live: authedProcedure.input(liveInputSchema).subscription(({ ctx, input, signal }) =>
    openLiveFor(ctx.deps, ctx.actor, {
      version: input.version,
      transport: ctx.transport,
      signal,
    }),
  ),
})
