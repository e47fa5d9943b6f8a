import {
  compactPullSchema,
  headsInputSchema,
  headsSchema,
  liveInputSchema,
  pullInputSchema,
  pullSchema,
  sinceInputSchema,
  sinceSchema,
} from '@tidings/protocol'
import { openLiveFor } from '../services/sync.ts'
import { demandOf, headsCall, pullCall, pullCompactCall, sinceCall } from './hot-calls.ts'
import { liveCall } from './live-call.ts'
import { authedProcedure, router } from './trpc.ts'

/** Catching up and live delivery. What only reads is a mutation in name: a list of positions outgrows a URL. */
export const syncRouter = router({
  heads: authedProcedure
    .meta({
      ...demandOf(headsCall),
      openapi: {
        method: 'POST',
        path: '/sync/heads',
        summary: "Which of the caller's streams have moved.",
      },
    })
    .input(headsInputSchema)
    .output(headsSchema)
    .mutation(({ ctx, input }) => headsCall.run(ctx, input)),

  pull: authedProcedure
    .meta({
      ...demandOf(pullCall),
      openapi: {
        method: 'POST',
        path: '/sync/pull',
        summary: 'The events that follow positions in streams.',
      },
    })
    .input(pullInputSchema)
    .output(pullSchema)
    .mutation(async ({ ctx, input }) => (await pullCall.run(ctx, input)).value()),

  pullCompact: authedProcedure
    .meta({
      ...demandOf(pullCompactCall),
      openapi: {
        method: 'POST',
        path: '/sync/pull-compact',
        summary:
          'The events that follow positions in streams, a new message as an array of its fields.',
      },
    })
    .input(pullInputSchema)
    .output(compactPullSchema)
    .mutation(async ({ ctx, input }) => (await pullCompactCall.run(ctx, input)).value()),

  since: authedProcedure
    .meta({
      ...demandOf(sinceCall),
      rpc: 20,
      openapi: {
        method: 'POST',
        path: '/sync/since',
        summary: 'All events since a cursor or a time, for who follows little.',
      },
    })
    .input(sinceInputSchema)
    .output(sinceSchema)
    .mutation(async ({ ctx, input }) => (await sinceCall.run(ctx, input)).value()),

  live: authedProcedure
    .meta(demandOf(liveCall))
    .input(liveInputSchema)
    .subscription(({ ctx, input, signal }) =>
      openLiveFor(ctx.deps, ctx.actor, {
        version: input.version,
        transport: ctx.transport,
        signal,
      }),
    ),
})
