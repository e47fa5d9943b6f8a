import { httpClient, register, type Person } from '../contract/person.ts'
import type { TestServer } from '../support/test-server.ts'
import type { ActorName } from './actors.ts'

const PASSWORD = 'correct horse'

/** Everybody who takes part, signed in. */
export interface Cast {
  readonly people: Readonly<Record<Exclude<ActorName, 'anonymous'>, Person>>
  /** In the group, and somebody for others to act on. */
  readonly victim: Person
  /** Not in the group, and somebody to be added. */
  readonly bystander: Person
  /** In the first group that is made, and in no other. */
  readonly witness: Person
  /** To be a contact, and to be blocked. */
  readonly neighbour: Person
  readonly epoch: number
  /** An app that the owner has registered. */
  readonly ownersApp: string
}

/** What calls are about: a group with a message, in which everybody has, or had, his place. */
export interface Scene {
  readonly group: string
  readonly epoch: number
  readonly membersMessage: string
  readonly ownersMessage: string
  /** A session of the owner's by which nobody acts. */
  readonly ownersSession: string
  readonly ownersApp: string
  /** The witness is in the first scene alone, which no call changes. */
  readonly userIds: Readonly<
    Record<'owner' | 'victim' | 'bystander' | 'witness' | 'neighbour', string>
  >
  /** The code of one into the group. */
  readonly invitation: string
  readonly login: { readonly login: string; readonly password: string }
}

/** Registers everybody. */
export async function gather(server: TestServer): Promise<Cast> {
  const names = ['owner', 'adam', 'member', 'left', 'removed', 'stranger', 'victim', 'bystander']
  const neighbour = await register(server, 'neighbour')
  const [owner, admin, member, left, removed, stranger, victim, bystander, witness] =
    (await Promise.all([...names, 'witness'].map((name) => register(server, name)))) as [
      Person,
      Person,
      Person,
      Person,
      Person,
      Person,
      Person,
      Person,
      Person,
    ]
  const again = await httpClient(server.url).account.login.mutate({
    login: 'owner',
    password: PASSWORD,
  })
  await httpClient(server.url, again.accessToken).account.logout.mutate()
  const revoked = { ...owner, accessToken: again.accessToken }
  const ownersClient = httpClient(server.url, owner.accessToken)
  // From here on another device is another session, and not the one by which the owner acts.
  await ownersClient.session.create.mutate({ deviceId: 'own' })
  const { epoch } = await ownersClient.sync.heads.mutate({})
  const people = { revoked, owner, admin, member, left, removed, stranger }
  const { client } = await ownersClient.oauth.createClient.mutate({
    name: 'An app',
    redirectUris: ['https://app.example/'],
  })
  return { people, victim, bystander, witness, neighbour, epoch, ownersApp: client.id }
}

/** The scene that all share whose calls change nothing. */
export function setSharedScene(server: TestServer, cast: Cast): Promise<Scene> {
  return setScene(server, cast, [cast.witness])
}

/** Sets a scene; calls of procedures that change something need one each. */
export async function setScene(
  server: TestServer,
  cast: Cast,
  more: readonly Person[] = [],
): Promise<Scene> {
  const { people, victim, bystander, witness, neighbour, epoch } = cast
  const { owner, admin, member, left, removed } = people
  const as = (person: Person) => server.server.createCaller(person.accessToken)
  const [byOwner, byLeft, byMember] = [await as(owner), await as(left), await as(member)]
  const { id: group } = await byOwner.group.create({
    name: 'scene',
    userIds: [admin, member, left, removed, victim, ...more].map(({ userId }) => userId),
  })
  const place = { conversationId: group }
  await byOwner.group.setRole({ ...place, userId: admin.userId, role: 'admin' })
  const [ownersMessage, membersMessage] = [await say(byOwner, group), await say(byMember, group)]
  await byLeft.group.leave(place)
  await byOwner.group.removeMember({ ...place, userId: removed.userId })
  // One device for all scenes but the shared one: a user's sessions are limited, and the owner acts by his oldest.
  const { session } = await byOwner.session.create({
    deviceId: more.length > 0 ? 'shared' : 'own scene',
  })
  const userIds = {
    owner: owner.userId,
    victim: victim.userId,
    bystander: bystander.userId,
    witness: witness.userId,
    neighbour: neighbour.userId,
  }
  const login = { login: 'bystander', password: PASSWORD }
  const { code: invitation } = await byOwner.group.createInvitation(place)
  const messages = { ownersMessage, membersMessage }
  const { ownersApp } = cast
  const own = { ownersSession: session.id, ownersApp }
  return { group, epoch, ...messages, ...own, userIds, login, invitation }
}

type Procedures = Awaited<ReturnType<TestServer['server']['createCaller']>>

/** Answers the id of a message that was sent. */
export async function say(by: Procedures, conversationId: string): Promise<string> {
  const sent = await by.message.send({ conversationId, body: { kind: 'text', text: 'hello' } })
  if (!('messageId' in sent)) throw new Error('not sent')
  return sent.messageId
}
