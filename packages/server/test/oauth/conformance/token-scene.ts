import type { Person } from '../../contract/person.ts'
import { OAuthWorld, REDIRECT, type Answer, type Params, type TestClient } from '../world.ts'

/** Clients and a user on one server, for requests to the token endpoint and its neighbours. */
export interface Scene extends AsyncDisposable {
  readonly world: OAuthWorld
  readonly ann: Person
  readonly client: TestClient
  readonly other: TestClient
  readonly publicClient: TestClient
  readonly suspended: TestClient
  /** May use codes alone. */
  readonly plain: TestClient
  /** May see what all tokens stand for. */
  readonly resource: TestClient
}

export async function setScene(): Promise<Scene> {
  const world = await OAuthWorld.open('sqlite')
  return {
    world,
    ann: await world.person('ann'),
    client: await world.client(),
    other: await world.client(),
    publicClient: await world.client({ isPublic: true }),
    suspended: await world.client({ suspended: true }),
    plain: await world.client({ grantTypes: ['authorization_code'] }),
    resource: await world.client({ scopes: ['tokens:introspect'] }),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

/** The form of a good exchange of a new code. */
export async function exchangeForm(
  { world, ann }: Scene,
  client: TestClient,
  more: Params = {},
): Promise<Record<string, string>> {
  const { code, verifier } = await world.code(client, ann, more)
  return {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: REDIRECT,
  }
}

/** Status and error of an answer, which every refusal has; what is kept of it nowhere. */
export function refusal({ status, body, headers }: Answer): readonly unknown[] {
  const isPrivate =
    headers.get('cache-control') === 'no-store' && headers.get('pragma') === 'no-cache'
  return [status, body['error'], typeof body['error_description'], isPrivate]
}

export const REFUSED = (status: number, error: string): readonly unknown[] => [
  status,
  error,
  'string',
  true,
]
