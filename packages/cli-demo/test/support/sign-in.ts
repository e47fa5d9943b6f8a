import { createClient, type TidingsClient } from '@tidings/sdk'
import { openProfile } from '../../src/profile/profile.ts'
import type { Machine } from './program.ts'

export const PASSWORD = 'correct horse'

/** Registers somebody without starting a process; his sign-in is kept in the profile of his name. */
export async function signInOn(machine: Machine, name: string): Promise<void> {
  const url = machine.env['TIDINGS_URL'] ?? ''
  const client = createClient({ url })
  const { credentials } = await client.account.register({
    username: name,
    password: PASSWORD,
    signIn: true,
  })
  await client.close()
  if (credentials === null) throw new Error('no credentials')
  openProfile({ name, url, environment: machine.env }).keepSignIn(credentials)
}

/** A client of somebody, in this process. */
export async function clientOf(machine: Machine, name: string): Promise<TidingsClient> {
  const client = createClient({ url: machine.env['TIDINGS_URL'] ?? '' })
  await client.account.login({ login: name, password: PASSWORD })
  return client
}
