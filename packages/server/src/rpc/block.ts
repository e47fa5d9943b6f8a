import { blockPageSchema, pageInputSchema, userRefSchema } from '@tidings/protocol'
import * as z from 'zod'
import { blockUser, listBlocks, unblockUser } from '../services/block.ts'
import { authedProcedure, router } from './trpc.ts'

/** Keeping somebody away. */
export const blockRouter = router({
  // Both by name as well: whoever was blocked can still be named by who has blocked him.
  create: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'POST',
        path: '/blocks',
        summary: 'Blocks a user, by `userId` or by `username`.',
      },
    })
    .input(userRefSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => blockUser(ctx.deps, ctx.actor, input)),

  delete: authedProcedure
    .meta({
      scope: null,
      openapi: {
        method: 'POST',
        path: '/blocks/delete',
        summary: 'Takes a block back, by `userId` or by `username`.',
      },
    })
    .input(userRefSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => unblockUser(ctx.deps, ctx.actor, input)),

  list: authedProcedure
    .meta({
      scope: null,
      openapi: { method: 'GET', path: '/blocks', summary: 'Whom the caller has blocked.' },
    })
    .input(pageInputSchema)
    .output(blockPageSchema)
    .query(({ ctx, input }) => listBlocks(ctx.deps, ctx.actor, input)),
})
