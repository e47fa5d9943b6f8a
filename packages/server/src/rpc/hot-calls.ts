import {
  headsInputSchema,
  listMessagesSchema,
  markInputSchema,
  pullInputSchema,
  readInputSchema,
  sendInputSchema,
  sinceInputSchema,
  typingInputSchema,
  type CompactPull,
  type Heads,
  type HeadsInput,
  type ListMessagesInput,
  type MarkInput,
  type MessagePage,
  type Pull,
  type PullInput,
  type ReadMarkInput,
  type Scope,
  type SendInput,
  type SendOutput,
  type Since,
  type SinceInput,
  type TypingInput,
} from '@tidings/protocol'
import { TRPCError } from '@trpc/server'
import type * as z from 'zod'
import { addOne } from '../figures.ts'
import type { JsonText } from '../json-text.ts'
import type { Actor } from '../services/actor.ts'
import type { Deps } from '../services/deps.ts'
import { listMessages } from '../services/message-history.ts'
import { sendMessage } from '../services/message.ts'
import { markMessages } from '../services/receipt.ts'
import { listHeads, pullCompact, pullStreams, syncSince } from '../services/sync.ts'
import { startTyping, stopTyping } from '../services/typing.ts'
import type { Context } from './context.ts'
import { requireGrant, type GrantDemand } from './grant.ts'
import { charge, requireActor, toLoggedFailure } from './trpc.ts'

/** In whose name a procedure runs. */
export interface Caller {
  readonly deps: Deps
  readonly actor: Actor
}

/** A procedure that is called for each message, or that answers many at once: what it takes, and what it does. */
export interface HotCall<Input, Output> extends GrantDemand {
  readonly path: string
  readonly scope: Scope
  readonly schema: z.ZodType<Input>
  readonly run: (caller: Caller, input: Input) => Promise<Output>
}

export const sendCall: HotCall<SendInput | SendInput[], SendOutput> = {
  path: 'message.send',
  scope: 'messages:send',
  schema: sendInputSchema,
  run: ({ deps, actor }, input) => sendMessage(deps, actor, input),
}

type MarkOutput = Awaited<ReturnType<typeof markMessages>>

export const markDeliveredCall: HotCall<MarkInput | MarkInput[], MarkOutput> = {
  path: 'message.delivered',
  scope: 'messages:send',
  schema: markInputSchema,
  run: ({ deps, actor }, input) => markMessages(deps, actor, { kind: 'delivered', input }),
}

export const markReadCall: HotCall<ReadMarkInput | ReadMarkInput[], MarkOutput> = {
  path: 'message.read',
  scope: 'messages:send',
  schema: readInputSchema,
  run: ({ deps, actor }, input) => markMessages(deps, actor, { kind: 'read', input }),
}

export const startTypingCall: HotCall<TypingInput, void> = {
  path: 'typing.start',
  scope: 'messages:send',
  schema: typingInputSchema,
  run: ({ deps, actor }, input) => startTyping(deps, actor, input),
}

export const stopTypingCall: HotCall<TypingInput, void> = {
  path: 'typing.stop',
  scope: 'messages:send',
  schema: typingInputSchema,
  run: ({ deps, actor }, input) => stopTyping(deps, actor, input),
}

export const listMessagesCall: HotCall<ListMessagesInput, MessagePage> = {
  path: 'message.list',
  scope: 'messages:read',
  schema: listMessagesSchema,
  run: ({ deps, actor }, input) => listMessages(deps, actor, input),
}

export const headsCall: HotCall<HeadsInput, Heads> = {
  path: 'sync.heads',
  scope: 'messages:read',
  whenLimited: true,
  schema: headsInputSchema,
  run: ({ deps, actor }, input) => listHeads(deps, actor, input),
}

export const pullCall: HotCall<PullInput, JsonText<Pull>> = {
  path: 'sync.pull',
  scope: 'messages:read',
  whenLimited: true,
  schema: pullInputSchema,
  run: ({ deps, actor }, input) => pullStreams(deps, actor, input),
}

export const pullCompactCall: HotCall<PullInput, JsonText<CompactPull>> = {
  path: 'sync.pullCompact',
  scope: 'messages:read',
  whenLimited: true,
  schema: pullInputSchema,
  run: ({ deps, actor }, input) => pullCompact(deps, actor, input),
}

export const sinceCall: HotCall<SinceInput, JsonText<Since>> = {
  path: 'sync.since',
  scope: 'messages:read',
  whenLimited: true,
  schema: sinceInputSchema,
  run: ({ deps, actor }, input) => syncSince(deps, actor, input),
}

/**
 * Carries out a procedure as the router would, without its chain of middlewares, which costs more than most calls do:
 * charged, for a signed-in caller, with an input that the schema takes. What it answers is not held against a schema.
 *
 * @throws what `toTidingsError` understands
 */
export async function carryOut<Input, Output>(
  call: HotCall<Input, Output>,
  context: Context,
  input: unknown,
): Promise<Output> {
  charge(context)
  return carryOutCharged(call, context, input)
}

/**
 * The same for what has been charged.
 * @throws what `toTidingsError` understands
 */
export async function carryOutCharged<Input, Output>(
  call: HotCall<Input, Output>,
  context: Context,
  input: unknown,
): Promise<Output> {
  const { path, schema, run } = call
  const caller = { deps: context.deps, actor: requireActor(context) }
  addOne(context.deps.figures.calls, path)
  try {
    if (caller.actor.grant !== undefined) await requireGrant(caller.actor, call, () => input)
    return await run(caller, parse(schema, input))
  } catch (thrown) {
    throw toLoggedFailure(context, thrown, path)
  }
}

/** What a call asks of an OAuth client, for the procedure that is made of it. */
export function demandOf({ scope, whenLimited }: GrantDemand): GrantDemand {
  return { scope, whenLimited }
}

function parse<Input>(schema: z.ZodType<Input>, input: unknown): Input {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  throw new TRPCError({ code: 'BAD_REQUEST', cause: parsed.error })
}

type CarryOut = (context: Context, input: unknown) => Promise<unknown>

/** All of them, by path. Some answer a `JsonText`. */
export const HOT_CALLS: ReadonlyMap<string, CarryOut> = new Map([
  entry(sendCall),
  entry(markDeliveredCall),
  entry(markReadCall),
  entry(startTypingCall),
  entry(stopTypingCall),
  entry(listMessagesCall),
  entry(headsCall),
  entry(pullCall),
  entry(pullCompactCall),
  entry(sinceCall),
])

function entry<Input, Output>(call: HotCall<Input, Output>): readonly [string, CarryOut] {
  return [call.path, (context, input) => carryOut(call, context, input)]
}
