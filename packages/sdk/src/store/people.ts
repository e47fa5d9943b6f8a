import {
  CLIENT_LIMITS,
  type Block,
  type Contact,
  type Kinds,
  type Profile,
} from '@tidings/protocol/wire'
import type { Emitter } from '../emitter.ts'
import type { ClientEvents } from '../events.ts'
import type { Readable } from '../readable.ts'
import type { Rpc } from '../rpc.ts'
import type { Subjects } from '../subjects.ts'
import { allPages, Asked } from './asked.ts'
import { view } from './views.ts'

/** The people around a user, as the server last told of them. */
interface PeopleViews {
  /** Subscribing asks for them, and again whenever one changes; none until then. */
  readonly contacts: Readable<readonly Contact[]>
  /** Whom the user has blocked; as `contacts`. */
  readonly blocks: Readable<readonly Block[]>
  /** Subscribing asks for it, and again with each new connection; undefined for one who cannot be found. */
  profile(userId: string): Readable<Profile | undefined>
}

export interface PeopleOptions<K extends Kinds> {
  readonly rpc: Rpc
  readonly subjects: Subjects
  readonly events: Pick<Emitter<ClientEvents<K>>, 'on'>
  /** Loads what a view needs while somebody looks. */
  readonly loading: <T>(readable: Readable<T>, watch: () => () => void) => Readable<T>
}

const NOBODY: readonly never[] = []

/** Events say that something has changed, and the server says what: nothing of it is kept on the device. */
export function createPeople<K extends Kinds>(options: PeopleOptions<K>): PeopleViews {
  const { rpc, subjects, events, loading } = options
  const asked = <T>(subject: string, ask: () => Promise<T>): Asked<T> =>
    new Asked({ subjects, subject, ask })
  const limit = CLIENT_LIMITS.pageSize
  const contacts = asked('contacts', () =>
    allPages((cursor) => rpc('contact.list', { cursor, limit })),
  )
  const blocks = asked('blocks', () => allPages((cursor) => rpc('block.list', { cursor, limit })))
  const profiles = new Map<string, Asked<Profile>>()
  const profileOf = (userId: string): Asked<Profile> => {
    const known = profiles.get(userId)
    const made = known ?? asked(`profile/${userId}`, () => rpc('user.get', { userId }))
    profiles.set(userId, made)
    return made
  }
  const known = { contacts, blocks, profiles }
  refreshBy(events, known)
  // What one user knew is nothing for the next.
  subjects.subscribe('user', () => {
    for (const each of allOf(known)) each.forget()
  })
  const shown = <T>(subject: string, of: Asked<readonly T[]>): Readable<readonly T[]> =>
    loading(
      view(subjects, subject, () => of.value ?? NOBODY),
      () => of.watch(),
    )
  return {
    contacts: shown('contacts', contacts),
    blocks: shown('blocks', blocks),
    profile(userId) {
      const of = profileOf(userId)
      return loading(
        view(subjects, `profile/${userId}`, () => of.value),
        () => of.watch(),
      )
    },
  }
}

/** What was asked for so far. */
interface Known {
  readonly contacts: Asked<readonly Contact[]>
  readonly blocks: Asked<readonly Block[]>
  readonly profiles: ReadonlyMap<string, Asked<Profile>>
}

function allOf({ contacts, blocks, profiles }: Known): readonly Asked<unknown>[] {
  return [contacts, blocks, ...profiles.values()]
}

/** Asks again for what an event is about, and for everything with a new connection. */
function refreshBy<K extends Kinds>(events: PeopleOptions<K>['events'], known: Known): void {
  const { contacts, blocks, profiles } = known
  events.on('contact.updated', ({ body }) => {
    contacts.refresh()
    profiles.get(body.userId)?.refresh()
  })
  events.on('block.updated', ({ body }) => {
    blocks.refresh()
    profiles.get(body.userId)?.refresh()
  })
  events.on('user.updated', ({ body }) => profiles.get(body.userId)?.refresh())
  events.on('caughtUp', () => {
    for (const each of allOf(known)) each.refresh()
  })
}
