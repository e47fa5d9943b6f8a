import {
  isTidingsError,
  nameKey,
  TidingsError,
  type Ban,
  type Conversation,
  type ListConversationsInput,
  type Profile,
  type TidingsClient,
  type UserRef,
} from '@tidings/sdk'
import { Failure, usage } from '../cli/failure.ts'
import { safeLine } from '../words/safe-text.ts'
import { everyItem } from './pages.ts'

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** True for what the server gives as an id. */
export function isId(text: string): boolean {
  return ID.test(text)
}

/** Every conversation of the user, newest activity first, page by page. */
export function allConversations(
  client: TidingsClient,
  filter: ListConversationsInput = {},
): AsyncGenerator<Conversation> {
  return everyItem((cursor) => client.conversation.list({ ...filter, cursor, limit: 100 }))
}

/**
 * Whom a word means: an id, or a name with or without `@`.
 * @throws Failure USAGE
 */
export function userRefOf(word: string): UserRef {
  const name = word.replace(/^@/, '')
  if (name === '') throw usage('A user is named by his id or by @name.')
  return isId(word) ? { userId: word } : { username: name }
}

/**
 * The user whom a word means, as {@link userRefOf} reads it.
 * @throws TidingsError NOT_FOUND, also for who has blocked the caller; Failure USAGE
 */
export async function findUser(client: TidingsClient, word: string): Promise<Profile> {
  return client.user.get(userRefOf(word))
}

/** The same for words about what is done already: undefined when he is not found, and when nobody answers. */
export async function findProfile(
  client: TidingsClient,
  ref: UserRef,
): Promise<Profile | undefined> {
  return client.user.get(ref).catch(() => undefined)
}

/** True for the same user, however his name is written. */
function isMeant(ref: UserRef, { id, username }: Pick<Profile, 'id' | 'username'>): boolean {
  return 'userId' in ref ? id === ref.userId : nameKey(username) === nameKey(ref.username)
}

/** Somebody by his id, and by his name when that is known. */
export interface Account {
  readonly id: string
  readonly username?: string | undefined
  readonly displayName?: string | undefined
}

/**
 * The user whom a word means, as {@link userRefOf} reads it; an id is taken as it is. For administrators: who has blocked one is
 * found too.
 * @throws TidingsError NOT_FOUND, FORBIDDEN; Failure USAGE
 */
export async function accountOf(client: TidingsClient, word: string): Promise<Account> {
  const ref = userRefOf(word)
  if ('userId' in ref) return { id: ref.userId }
  const { username } = ref
  // By name: of all names that begin so, this one is the first.
  const { items } = await client.admin.listUsers({ search: username, limit: 1 })
  const [first] = items
  if (first === undefined || !isMeant(ref, first))
    throw new TidingsError('NOT_FOUND', `There is no user “${username}”.`)
  return first
}

/**
 * Whom a word means to those who keep order in a group. Whoever has blocked one of them and is in no group with him is told
 * by his id, which is taken as it is, or by his name among the banned: banning must not tell which names there are.
 * @throws TidingsError NOT_FOUND; Failure USAGE
 */
export async function subjectOf(
  client: TidingsClient,
  { conversationId, word }: { readonly conversationId: string; readonly word: string },
): Promise<Account> {
  const ref = userRefOf(word)
  if ('userId' in ref) return (await findProfile(client, ref)) ?? { id: ref.userId }
  try {
    return await client.user.get(ref)
  } catch (error) {
    if (!isTidingsError(error) || error.code !== 'NOT_FOUND') throw error
    for await (const { user } of allBans(client, conversationId))
      if (isMeant(ref, user)) return user
    throw error
  }
}

/** Everybody who is kept out of a group. */
export function allBans(client: TidingsClient, conversationId: string): AsyncGenerator<Ban> {
  return everyItem((cursor) => client.group.listBans({ conversationId, cursor, limit: 100 }))
}

/**
 * The id of the conversation that a word means: an id, `@user` for the direct conversation with him, or the name of one group.
 * @throws TidingsError NOT_FOUND (a user); Failure NOT_FOUND, USAGE when several groups have this name
 */
export async function conversationIdOf(client: TidingsClient, word: string): Promise<string> {
  if (isId(word)) return word
  if (word.startsWith('@')) return (await client.conversation.open(await findUser(client, word))).id
  const key = nameKey(word)
  const found: Conversation[] = []
  for await (const conversation of allConversations(client, { hidden: 'with' })) {
    const { name } = conversation
    if (name !== null && nameKey(name) === key) found.push(conversation)
  }
  const [only, another] = found
  if (only === undefined) {
    const hint = 'A conversation is named by its id, by @user, or by the name of a group.'
    throw new Failure('NOT_FOUND', `There is no conversation “${word}”. ${hint}`)
  }
  if (another !== undefined) {
    const ids = found.map(({ id }) => id).join(', ')
    throw usage(`Several groups are called “${word}”; name one by its id: ${ids}`)
  }
  return only.id
}

/**
 * The id of a message that is named by its number, or by its id.
 * @throws TidingsError NOT_FOUND
 */
export async function messageIdOf(
  client: TidingsClient,
  conversationId: string,
  word: string,
): Promise<string> {
  if (!/^\d+$/.test(word)) return word
  const seq = Number(word)
  const { items: messages } = await client.message.list({
    conversationId,
    before: seq + 1,
    limit: 1,
  })
  const [found] = messages
  if (found?.seq !== seq) throw new TidingsError('NOT_FOUND', `There is no message ${seq}.`)
  return found.id
}

/** Names of users by their ids; each is asked for once. */
export class Names {
  readonly #client: TidingsClient
  readonly #known = new Map<string, Promise<string>>()

  constructor(client: TidingsClient) {
    this.#client = client
  }

  /** Safe to show; somebody who cannot be looked up goes by his id. */
  of(userId: string): Promise<string> {
    const known = this.#known.get(userId)
    if (known !== undefined) return known
    const asked = this.#client.user.get({ userId }).then(
      ({ username }) => safeLine(username),
      () => userId.slice(-8),
    )
    this.#known.set(userId, asked)
    return asked
  }
}
