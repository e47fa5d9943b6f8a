import { setTimeout as pause } from 'node:timers/promises'
import { createTestServer, systemMachine, type PortlessServer } from '@tidings/server/testing'
import { textOf, type Scene, type SceneOptions } from '../scene.ts'

/** Long enough for any load. */
export const UNLIMITED = 1_000_000

export interface SeedOptions {
  readonly databaseUrl: string
  readonly secret: string
}

/** Fills an empty database, by the server's own procedures but without its waits: hashed passwords and a forced disk. */
export async function seed(
  { databaseUrl, secret }: SeedOptions,
  options: SceneOptions,
): Promise<Scene> {
  const server = createTestServer({
    machine: systemMachine,
    databaseUrl,
    secrets: [secret],
    registration: 'closed',
    logLevel: 'silent',
    limits: { messagesPerSecond: UNLIMITED, messagesBurst: UNLIMITED },
  })
  await server.open()
  try {
    const people: Person[] = []
    for (let index = 0; index < options.people; index += 1) people.push(await signIn(server, index))
    const conversationIds = await openConversations(server, people, options.talk)
    const more = options.conversations - (options.talk === 'none' ? 0 : 1)
    await createGroups(server, people, more)
    await fill(server, people, { conversationId: conversationIds[0] ?? '', ...options })
    await untilSearchable(await callerOf(server, people))
    return { tokens: people.map(({ token }) => token), conversationIds }
  } finally {
    await server.close()
  }
}

interface Person {
  readonly token: string
  readonly id: string
  readonly username: string
}

async function signIn(server: PortlessServer, index: number): Promise<Person> {
  const username = `person${index}`
  const { accessToken, user } = await server.signIn({ username })
  return { token: accessToken, id: user.id, username }
}

async function openConversations(
  server: PortlessServer,
  people: readonly Person[],
  talk: SceneOptions['talk'],
): Promise<readonly string[]> {
  switch (talk) {
    case 'pairs':
      return await openPairs(server, people)
    case 'group':
      return [await createGroup(await callerOf(server, people), 'everybody', people.slice(1))]
    case 'none':
      return []
  }
}

async function openPairs(server: PortlessServer, people: readonly Person[]): Promise<string[]> {
  const ids: string[] = []
  for (let index = 0; index < people.length; index += 2) {
    const caller = await callerOf(server, people.slice(index))
    const { id } = await caller.conversation.open({ username: people[index + 1]?.username ?? '' })
    ids.push(id)
  }
  return ids
}

const GROUP_SIZE = 50

/** So many for each of the people. */
async function createGroups(
  server: PortlessServer,
  people: readonly Person[],
  count: number,
): Promise<void> {
  for (let at = 0; at < people.length; at += GROUP_SIZE) {
    const chunk = people.slice(at, at + GROUP_SIZE)
    const caller = await callerOf(server, chunk)
    for (let index = 0; index < count; index += 1)
      await createGroup(caller, `group ${at}/${index}`, chunk.slice(1))
  }
}

/** Acts as the first of them. */
function callerOf(server: PortlessServer, people: readonly Person[]): Promise<Caller> {
  return server.createCaller(people[0]?.token)
}

type Caller = Awaited<ReturnType<PortlessServer['createCaller']>>

/** As many at once as a call takes. */
const MEMBERS_A_CALL = 50

async function createGroup(
  caller: Caller,
  name: string,
  others: readonly Person[],
): Promise<string> {
  const userIds = others.map(({ id }) => id)
  const { id } = await caller.group.create({ name, userIds: userIds.slice(0, MEMBERS_A_CALL) })
  for (let at = MEMBERS_A_CALL; at < userIds.length; at += MEMBERS_A_CALL)
    await caller.group.addMembers({
      conversationId: id,
      userIds: userIds.slice(at, at + MEMBERS_A_CALL),
    })
  return id
}

/** Or every run would begin with the making of the index, which a server in use has behind it. */
async function untilSearchable(caller: Caller): Promise<void> {
  for (;;) {
    const { upToDate } = await caller.message.search({ query: 'nothing' })
    if (upToDate) return
    await pause(50)
  }
}

async function fill(
  server: PortlessServer,
  people: readonly Person[],
  { conversationId, messages }: { readonly conversationId: string; readonly messages: number },
): Promise<void> {
  const caller = await callerOf(server, people)
  for (let at = 0; at < messages; at += 100) {
    const count = Math.min(100, messages - at)
    await caller.message.send(
      Array.from({ length: count }, (_, index) => ({
        conversationId,
        body: { kind: 'text' as const, text: textOf(at + index + 1) },
      })),
    )
  }
}
