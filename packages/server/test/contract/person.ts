import type { TestServer } from '../support/test-server.ts'
import { createTRPCClient, httpBatchLink } from '@trpc/client'
import superjson from 'superjson'
import type { AppRouter } from '../../src/rpc/root.ts'

/** Somebody who has an account and is signed in. */
export interface Person {
  readonly name: string
  readonly userId: string
  readonly accessToken: string
}

/** tRPC's own client over HTTP; without a token for nobody. */
export function httpClient(url: string, accessToken?: string) {
  const headers = accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }
  return createTRPCClient<AppRouter>({
    links: [httpBatchLink({ url: `${url}/trpc`, transformer: superjson, headers })],
  })
}

/** Registers somebody and signs him in. */
export async function register({ url }: Pick<TestServer, 'url'>, name: string): Promise<Person> {
  const { user, credentials } = await httpClient(url).account.register.mutate({
    username: name,
    password: 'correct horse',
    signIn: true,
  })
  if (credentials === null) throw new Error('registered, but not signed in')
  return { name, userId: user.id, accessToken: credentials.accessToken }
}
