import { OAuthWorld, pkce, REDIRECT, type Answer, type TestClient } from '../world.ts'

/** Clients of several kinds on one server, and requests that would be good but for one thing. */
export interface Scene extends AsyncDisposable {
  readonly world: OAuthWorld
  readonly client: TestClient
  readonly publicClient: TestClient
  /** Has two redirect URIs, one with a query of its own. */
  readonly two: TestClient
  readonly suspended: TestClient
  readonly machine: TestClient
  readonly loopback: TestClient
}

export const WITH_QUERY = 'https://app.example/callback?tenant=a'

export async function setScene(): Promise<Scene> {
  const world = await OAuthWorld.open('sqlite')
  return {
    world,
    client: await world.client(),
    publicClient: await world.client({ isPublic: true }),
    two: await world.client({ redirectUris: [REDIRECT, WITH_QUERY] }),
    suspended: await world.client({ suspended: true }),
    machine: await world.client({ grantTypes: ['client_credentials'] }),
    loopback: await world.client({
      isPublic: true,
      redirectUris: ['http://127.0.0.1/cb', 'http://[::1]/cb'],
    }),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

/** Which of the clients asks, if not `client`. */
export type ClientName = 'client' | 'publicClient' | 'two' | 'suspended' | 'machine' | 'loopback'

/** A good request of a client's, changed. */
export async function authorize(
  scene: Scene,
  change: (query: URLSearchParams) => void,
  name: ClientName = 'client',
): Promise<Answer & { readonly location: URL | undefined }> {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: scene[name].id,
    redirect_uri: REDIRECT,
    scope: 'messages:read',
    state: 'the state',
    code_challenge: pkce().challenge,
    code_challenge_method: 'S256',
  })
  change(query)
  return scene.world.browse(`${scene.world.url}/oauth/authorize?${query.toString()}`)
}
