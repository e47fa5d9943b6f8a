import { randomUUID } from 'node:crypto'
import type { Event, Role } from '@tidings/protocol/wire'
import { isTidingsError } from '@tidings/protocol/wire'
import { and, asc, eq } from 'drizzle-orm'
import { expect } from 'vitest'
import type { Database } from '../../src/db/database.ts'
import { systemClock } from '../../src/clock.ts'
import { toEvent } from '../../src/journal/event.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { openJournal } from '../../src/journal/open.ts'
import type { Actor } from '../../src/services/actor.ts'
import { systemMachine } from '../../src/machine.ts'
import { createFigures } from '../../src/figures.ts'
import type { Deps } from '../../src/services/deps.ts'
import { findConversation } from '../../src/stores/conversation.ts'
import type { MemberState } from '../../src/stores/member.ts'
import { type Engine, openTestDatabase } from '../support/databases.ts'
import { pullBothWays } from '../support/pull.ts'

type TestDatabase = Awaited<ReturnType<typeof openTestDatabase>>

/** Users on an empty database, with what the conversation services need and nothing more. */
export interface World<Name extends string> extends AsyncDisposable {
  readonly database: TestDatabase
  readonly journal: Journal
  readonly deps: Deps
  readonly users: Readonly<Record<Name, Actor>>
}

export async function openWorld<Name extends string>(
  engine: Engine,
  names: readonly Name[],
  options: Parameters<typeof openTestDatabase>[1] = {},
): Promise<World<Name>> {
  const database = await openTestDatabase(engine, options)
  const journal = openJournal({ database, epoch: 1 })
  const actors = await insertUsers(database, names)
  return {
    database,
    journal,
    // The services under test use these only; anything else would fail loudly.
    deps: {
      database,
      journal,
      machine: systemMachine,
      clock: systemClock,
      figures: createFigures(),
      auth: { takeMessages: () => 0 },
      realtime: { audienceSize: () => 0, presenceHidden: () => undefined },
      jobs: { hurry: () => undefined },
    } as unknown as Deps,
    users: Object.fromEntries(
      actors.map((actor) => [actor.username, actor]),
    ) as World<Name>['users'],
    async [Symbol.asyncDispose]() {
      await journal.close()
      await database[Symbol.asyncDispose]()
    },
  }
}

/** Rows as registration writes them, without hashing a password for each. */
export async function insertUsers(
  database: Database,
  usernames: readonly string[],
): Promise<readonly Actor[]> {
  const { streams, users, spans } = database.tables
  if (usernames.length === 0) return []
  return database.tx(async (tx) => {
    const ids = usernames.map(() => randomUUID())
    const streamRows = await tx
      .insert(streams)
      .values(ids.map((id) => ({ name: `u:${id}` })))
      .returning({ key: streams.key, name: streams.name })
    const streamKeys = new Map(streamRows.map(({ key, name }) => [name.slice(2), key]))
    const rows = usernames.map((username, index) => ({
      id: ids[index] ?? '',
      username,
      usernameKey: username,
      passwordHash: '-',
      role: 'user' as const,
      streamKey: streamKeys.get(ids[index] ?? '') ?? 0,
      createdAt: 1,
    }))
    const made = await tx.insert(users).values(rows).returning({
      key: users.key,
      id: users.id,
      username: users.username,
      streamKey: users.streamKey,
    })
    await tx
      .insert(spans)
      .values(made.map(({ key, streamKey }) => ({ streamKey, userKey: key, fromSeq: 1 })))
    const byName = new Map(made.map((row) => [row.username, row]))
    return usernames.map((username) => {
      const row = byName.get(username)
      if (row === undefined) throw new Error(`no user ${username}`)
      const session = { sessionKey: row.key, sessionId: randomUUID() }
      return { userKey: row.key, userId: row.id, username, role: 'user', ...session }
    })
  })
}

/** Every event of a stream, whoever may see it. */
export async function eventsOf(world: World<string>, stream: string): Promise<readonly Event[]> {
  const { streams } = world.database.tables
  const [row] = await world.database.read
    .select({ key: streams.key })
    .from(streams)
    .where(eq(streams.name, stream))
  if (row === undefined) return []
  return (await world.journal.readAfter(row.key, 0, 10_000)).map(toEvent)
}

/** The events of a stream that one user may see; undefined when the stream is not his to see. */
export async function seenBy(
  world: World<string>,
  actor: Actor,
  stream: string,
): Promise<readonly Event[] | undefined> {
  const streams = [{ stream, after: 0, tag: 0 }]
  const answer = await pullBothWays(world.journal, actor.userKey, {
    epoch: 1,
    streams,
    limit: 1000,
  })
  const pulled = answer.streams[0]
  return pulled !== undefined && 'events' in pulled ? pulled.events : undefined
}

/** What a user was told about conversations on his own stream. */
export async function addedOf(world: World<string>, actor: Actor) {
  const events = await eventsOf(world, `u:${actor.userId}`)
  return events.flatMap((event) => (event.type === 'conversation.added' ? [event.body] : []))
}

/** Sends a text past the message service: membership is what these tests are about. Answers the seq. */
export async function say(
  world: World<string>,
  actor: Actor,
  conversationId: string,
): Promise<number> {
  const row = await findConversation(world.database, conversationId)
  if (row === undefined) throw new Error('no such conversation')
  const { event } = await world.journal.sendMessage({
    streamKey: row.messageStreamKey,
    stream: `m:${conversationId}`,
    actor: { key: actor.userKey, id: actor.userId },
    messageId: randomUUID(),
    clientMessageId: undefined,
    payloadHash: 1,
    body: { kind: 'text', text: 'hi' },
  })
  return event.seq
}

/**
 * Lets the clock move on: of two conversations only a later millisecond says in which something happened last.
 * @param after a time that is to be over. @default now
 */
export async function nextMillisecond(
  { database }: Pick<World<string>, 'database'>,
  after?: number,
): Promise<void> {
  const time = after ?? (await database.now())
  while ((await database.now()) <= time);
}

/** The code with which a call is refused; fails when it is not. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  const outcome = await call.then(
    () => 'it succeeded',
    (error: unknown) => error,
  )
  if (!isTidingsError(outcome))
    throw new Error('not refused with a TidingsError', { cause: outcome })
  return outcome.code
}

/** A row of the members table, with the spans that belong to it. */
export interface StoredMember {
  readonly role: Role
  readonly state: MemberState
  readonly deliveredSeq: number
  readonly readSeq: number
  readonly spans: readonly { readonly from: number; readonly to: number | null }[]
}

/** The members table and the message spans of a conversation, by user id. */
export async function storedMembers(
  world: World<string>,
  conversationId: string,
): Promise<ReadonlyMap<string, StoredMember>> {
  const { read, tables } = world.database
  const { members, users, spans } = tables
  const row = await findConversation(world.database, conversationId)
  if (row === undefined) throw new Error('no such conversation')
  const memberRows = await read
    .select({
      id: users.id,
      key: users.key,
      role: members.role,
      state: members.state,
      deliveredSeq: members.deliveredSeq,
      readSeq: members.readSeq,
    })
    .from(members)
    .innerJoin(users, eq(users.key, members.userKey))
    .where(eq(members.conversationKey, row.key))
  const spanRows = await read
    .select({ userKey: spans.userKey, from: spans.fromSeq, to: spans.toSeq })
    .from(spans)
    .where(and(eq(spans.streamKey, row.messageStreamKey)))
    .orderBy(asc(spans.userKey), asc(spans.fromSeq))
  return new Map(
    memberRows.map(({ id, key, ...member }) => {
      const own = spanRows.filter(({ userKey }) => userKey === key)
      return [id, { ...member, spans: own.map(({ from, to }) => ({ from, to })) }]
    }),
  )
}

/** Who is in a group with which role, by folding its events from its making on. */
function foldRoles(
  made: { readonly creatorId: string; readonly userIds: readonly string[] },
  events: readonly Event[],
): ReadonlyMap<string, Role> {
  const roles = new Map<string, Role>(made.userIds.map((id) => [id, 'member']))
  roles.set(made.creatorId, 'owner')
  for (const event of events) {
    if (event.type === 'member.joined') {
      expect(roles.has(event.body.userId), 'joins once').toBe(false)
      roles.set(event.body.userId, 'member')
    }
    if (event.type === 'member.left') {
      expect(roles.delete(event.body.userId), 'leaves once').toBe(true)
    }
    if (event.type === 'group.updated') {
      for (const change of event.body.roles ?? []) {
        expect(roles.has(change.userId), 'roles are of members').toBe(true)
        roles.set(change.userId, change.role)
      }
    }
  }
  return roles
}

/** What must hold of every group at any time; answers the members table. */
export async function expectSound(
  world: World<string>,
  conversationId: string,
  made: { readonly creatorId: string; readonly userIds: readonly string[] },
): Promise<ReadonlyMap<string, StoredMember>> {
  const members = await storedMembers(world, conversationId)
  const row = await findConversation(world.database, conversationId)
  const active = [...members].filter(([, member]) => member.state === 'active')
  expect(row?.memberCount).toBe(active.length)
  const events = await eventsOf(world, `m:${conversationId}`)
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
  const folded = foldRoles(made, events)
  expect(new Map(active.map(([id, { role }]) => [id, role]))).toEqual(new Map(folded))
  if (active.length > 0) expect([...folded.values()]).toContain('owner')
  for (const member of members.values()) expectSoundSpans(member)
  return members
}

function expectSoundSpans({ spans, state, deliveredSeq, readSeq }: StoredMember): void {
  const open = spans.filter(({ to }) => to === null)
  expect(open).toHaveLength(state === 'active' ? 1 : 0)
  let end = 0
  for (const { from, to } of spans) {
    expect(from, 'spans do not overlap').toBeGreaterThan(end)
    end = to ?? Number.MAX_SAFE_INTEGER
    expect(end).toBeGreaterThanOrEqual(from)
  }
  expect(readSeq).toBeLessThanOrEqual(deliveredSeq)
  const last = spans.at(-1)
  if (last?.to === null) expect(readSeq).toBeGreaterThanOrEqual(last.from - 1)
}
