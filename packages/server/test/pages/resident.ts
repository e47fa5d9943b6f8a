import { eq } from 'drizzle-orm'
import { isTidingsError } from '@tidings/protocol/wire'
import { createCaller } from '../../src/rpc/root.ts'
import type { Person } from '../contract/person.ts'
import type { OAuthWorld } from '../oauth/world.ts'

/** Somebody with an account, and all procedures in his name. */
export interface Resident extends Person {
  readonly call: ReturnType<typeof createCaller>
}

/** Registers somebody. */
export async function resident(world: OAuthWorld, name: string): Promise<Resident> {
  return asResident(world, await world.person(name))
}

/** All procedures in the name of somebody who is there. */
async function asResident(world: OAuthWorld, person: Person): Promise<Resident> {
  const { deps } = world
  const actor = await deps.auth.authenticate(person.accessToken)
  const source = { door: 'local', ip: '127.0.0.1', origin: null } as const
  return { ...person, call: createCaller({ deps, actor, source, transport: null }) }
}

/** Registers an administrator. */
export async function administrator(world: OAuthWorld, name: string): Promise<Resident> {
  const made = await resident(world, name)
  const { database } = world.deps
  const { users } = database.tables
  await database.tx(async (tx) => {
    await tx.update(users).set({ role: 'admin' }).where(eq(users.id, made.userId))
  })
  return made
}

/** From now on nobody has shown within the last ten minutes that it is he. */
export async function letTimePass({ deps: { database } }: OAuthWorld): Promise<void> {
  const { sessions } = database.tables
  await database.tx(async (tx) => {
    const confirmedAt = (await database.now(tx)) - 11 * 60 * 1000
    await tx.update(sessions).set({ confirmedAt })
  })
}

/** The code with which a call is refused, or `done`. */
export async function outcomeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'done',
    (error: unknown) => {
      const cause = isTidingsError(error) ? error : (error as Error).cause
      if (!isTidingsError(cause)) throw error
      return cause.code
    },
  )
}

/** What an app is made of in tests. */
export const NIGHT_BOT = {
  name: 'Night Bot',
  description: 'Answers while you sleep.',
  clientUri: 'https://app.example/',
  logoUri: 'https://app.example/logo.svg',
  redirectUris: ['https://app.example/callback'],
}

/** An app that is verified, with its secret. */
export async function verifiedApp(
  { creator, reviewer }: { readonly creator: Resident; readonly reviewer: Resident },
  more: Partial<typeof NIGHT_BOT> = {},
): Promise<{ readonly clientId: string; readonly secret: string }> {
  const made = await creator.call.oauth.createClient({ ...NIGHT_BOT, ...more })
  const clientId = made.client.id
  const { reviews } = await creator.call.oauth.submitClient({ clientId })
  const [review] = reviews
  await reviewer.call.admin.decideReview({ reviewId: review?.id ?? '', decision: 'approve' })
  return { clientId, secret: made.clientSecret ?? '' }
}
