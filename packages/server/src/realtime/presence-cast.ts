import type { SignalOf } from '@tidings/protocol/wire'
import type { Clock } from '../clock.ts'
import type { Machine } from '../machine.ts'
import type { Hub } from './hub.ts'
import type { PresenceFact } from './presence.ts'
import type { PresenceHidden } from './realtime.ts'
import type { PresencePlace, Source } from './source.ts'

/** So many members in all are told that one user has come or gone, at most. */
const AUDIENCE = 10_000

/** Members read by one query: on SQLite everybody waits for it. */
const READ_AT_ONCE = 10_000

export interface PresenceCastOptions {
  readonly hub: Hub
  readonly source: Pick<Source, 'listPresencePlaces' | 'listPresentMembers' | 'readPresenceLimits'>
  readonly clock: Clock
  readonly machine: Pick<Machine, 'after'>
}

/**
 * Tells the connections of this node who has come online and who has gone. The only way in for what this node has
 * noticed, and for what others will tell it. Who gets it is read anew each time, for all facts together; a conversation
 * of several of them is read once.
 */
export async function castPresence(
  options: PresenceCastOptions,
  facts: readonly PresenceFact[],
): Promise<void> {
  const { hub, source, clock } = options
  if (hub.userCount === 0) return
  const places = placesByUser(await source.listPresencePlaces(facts.map(({ userKey }) => userKey)))
  const present = await readPresent(options, [...places.values()].flat())
  const audiences = new Map<PresenceFact, Set<number>>()
  for (const fact of facts) {
    const own = places.get(fact.userKey) ?? []
    const audience = new Set(own.flatMap((place) => present.get(place.conversationKey) ?? []))
    audience.delete(fact.userKey)
    if (audience.size > 0) audiences.set(fact, audience)
  }
  const maySee = await readLimits(source, audiences)
  for (const [fact, audience] of audiences) {
    const userId = places.get(fact.userKey)?.[0]?.userId ?? ''
    const signal = toSignal(fact, userId, clock.now())
    for (const userKey of audience) {
      if (maySee(fact.userKey, userKey))
        hub.visit(userKey, (connection) => connection.signal(signal))
    }
  }
}

/** Who may see whom, of those who would be told: nobody where one has blocked the other, or shows himself to fewer. */
async function readLimits(
  source: PresenceCastOptions['source'],
  audiences: ReadonlyMap<PresenceFact, ReadonlySet<number>>,
): Promise<(userKey: number, viewerKey: number) => boolean> {
  const userKeys = [...audiences.keys()].map(({ userKey }) => userKey)
  const viewerKeys = new Set([...audiences.values()].flatMap((audience) => [...audience]))
  if (userKeys.length === 0) return () => false
  const { blocked, shy, contacts } = await source.readPresenceLimits(userKeys, [...viewerKeys])
  const isPair = pairsOf(blocked)
  const isContact = pairsOf(contacts)
  return (userKey, viewerKey) => {
    if (isPair(userKey, viewerKey)) return false
    const limits = [shy.get(userKey), shy.get(viewerKey)]
    if (limits.includes('nobody')) return false
    return !limits.includes('contacts') || isContact(userKey, viewerKey)
  }
}

/** Whichever of the two is named first. */
function pairsOf(
  pairs: readonly (readonly [number, number])[],
): (one: number, other: number) => boolean {
  const known = new Set(pairs.map(([one, other]) => `${one}:${other}`))
  return (one, other) => known.has(`${one}:${other}`) || known.has(`${other}:${one}`)
}

/** Tells those who may have been told that a user is online that he is not, and nothing of when he was. */
export async function castHidden(
  options: PresenceCastOptions,
  { userKey, userId, viewerKey }: PresenceHidden,
): Promise<void> {
  const { hub, source, clock } = options
  const fact = { userKey, online: false, lastSeenAt: null }
  const signal = toSignal(fact, userId, clock.now())
  const tell = (viewer: number): void =>
    hub.visit(viewer, (connection) => connection.signal(signal))
  if (viewerKey !== null) return tell(viewerKey)
  const places = placesByUser(await source.listPresencePlaces([userKey])).get(userKey) ?? []
  const present = await readPresent(options, places)
  const audience = new Set([...present.values()].flat())
  audience.delete(userKey)
  for (const viewer of audience) tell(viewer)
}

/** The places of each user, the newest first, up to what is told of one. */
function placesByUser(places: readonly PresencePlace[]): Map<number, PresencePlace[]> {
  const byUser = new Map<number, PresencePlace[]>()
  const members = new Map<number, number>()
  for (const place of places) {
    const { userKey, memberCount } = place
    const total = (members.get(userKey) ?? 0) + memberCount
    if (total > AUDIENCE) continue
    members.set(userKey, total)
    const own = byUser.get(userKey)
    if (own === undefined) byUser.set(userKey, [place])
    else own.push(place)
  }
  return byUser
}

/** Who of the conversations' members is connected here, by conversation. */
async function readPresent(
  { hub, source, machine }: PresenceCastOptions,
  places: readonly PresencePlace[],
): Promise<Map<number, number[]>> {
  const present = new Map<number, number[]>()
  for (const [turn, keys] of slices(places).entries()) {
    if (turn > 0) await new Promise<void>((resolve) => void machine.after(0, resolve))
    for (const { conversationKey, userKey } of await source.listPresentMembers(keys)) {
      if (!hub.isOnline(userKey)) continue
      const here = present.get(conversationKey)
      if (here === undefined) present.set(conversationKey, [userKey])
      else here.push(userKey)
    }
  }
  return present
}

/** The conversations, each once, in runs that have at most so many members together. */
function slices(places: readonly PresencePlace[]): number[][] {
  const sizes = new Map(places.map((place) => [place.conversationKey, place.memberCount]))
  const runs: number[][] = []
  let members = READ_AT_ONCE
  for (const [key, size] of sizes) {
    members += size
    if (members > READ_AT_ONCE) {
      runs.push([])
      members = size
    }
    runs.at(-1)?.push(key)
  }
  return runs
}

function toSignal(
  { online, lastSeenAt }: PresenceFact,
  userId: string,
  timestamp: number,
): SignalOf<'presence.changed'> {
  return { type: 'presence.changed', timestamp, body: { userId, online, lastSeenAt } }
}
