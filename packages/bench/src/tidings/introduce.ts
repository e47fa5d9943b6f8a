import type { AppRouter } from '@tidings/server'
import { createTRPCClient, httpLink, type TRPCClient } from '@trpc/client'
import superjson from 'superjson'
import type { Scene } from '../scene.ts'

/** Registers two people, with passwords as costly as they are, and opens their conversation. */
export async function introduce(url: string): Promise<Scene> {
  const tokens = await Promise.all(['ann', 'bob'].map((username) => register(url, username)))
  const caller = createCaller(url, tokens[0])
  const { id } = await caller.conversation.open.mutate({ username: 'bob' })
  return { tokens, conversationIds: [id] }
}

async function register(url: string, username: string): Promise<string> {
  const account = { username, password: 'correct horse battery', signIn: true }
  const { credentials } = await createCaller(url).account.register.mutate(account)
  if (credentials === null) throw new Error('registering did not sign in')
  return credentials.accessToken
}

/** tRPC's own client over HTTP, for what a workload needs besides its connections. */
export function createCaller(url: string, token?: string): TRPCClient<AppRouter> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return createTRPCClient<AppRouter>({
    links: [httpLink({ url: `${url}/trpc`, transformer: superjson, headers })],
  })
}
