import { createClient, isTidingsError, type Credentials, type User } from '@tidings/sdk'
import type { Call, Command, Shape } from '../cli/command.ts'
import { safeLine } from '../words/safe-text.ts'
import { askPassword, PASSWORD_OPTION } from './password.ts'

const SIGNED_IN: Shape = {
  what: 'who is signed in; `sessionId` is null when nobody is',
  fields: ['user', 'sessionId', 'profile', 'url'],
}

/** `tidings register` */
export const register: Command = {
  name: 'register',
  summary: 'make an account and sign in',
  args: [{ name: 'username', about: 'letters, digits, _ - .' }],
  options: [
    { flags: '--email <address>', about: 'an e-mail address, to sign in by' },
    { flags: '--no-sign-in', about: 'only make the account' },
    PASSWORD_OPTION,
  ],
  examples: ['register ann', 'echo "$PASSWORD" | tidings register ann --password-stdin'],
  shapes: [SIGNED_IN],
  async run(call) {
    const { profile, options } = call
    const password = await askPassword(call, { twice: true })
    const signIn = options.flag('signIn')
    const { user, credentials } = await asNobody(call, (client) =>
      client.account.register({
        username: call.arg('username'),
        password,
        email: options.text('email'),
        signIn,
        device: signIn ? profile.device() : undefined,
      }),
    )
    if (credentials !== null) await keep(call, credentials)
    tell(call, { user, sessionId: credentials?.sessionId ?? null })
  },
}

/** `tidings login` */
export const login: Command = {
  name: 'login',
  summary: 'sign in',
  args: [{ name: 'name', about: 'username or e-mail address' }],
  options: [PASSWORD_OPTION],
  examples: ['login ann', 'login ann@example.org --profile work --url https://tidings.example.org'],
  notes: 'Signing in again on the same profile continues its session.',
  shapes: [SIGNED_IN],
  async run(call) {
    const password = await askPassword(call, { twice: false })
    const device = call.profile.device()
    const credentials = await asNobody(call, (client) =>
      client.account.login({ login: call.arg('name'), password, device }),
    )
    await keep(call, credentials)
    tell(call, credentials)
  },
}

/** `tidings logout` */
export const logout: Command = {
  name: 'logout',
  summary: 'end this session and forget everything of it on this machine',
  examples: ['logout', 'logout --profile work'],
  notes:
    'Without a network the sign-in is forgotten here all the same; the session stays on the server (exit code 5).',
  shapes: [{ what: 'the profile that is signed out', fields: ['profile', 'signedOut'] }],
  async run({ profile, client, out }) {
    try {
      await client().account.logout()
    } finally {
      profile.forget()
    }
    out.result({ profile: profile.name, signedOut: true }, `signed out of profile ${profile.name}`)
  },
}

/** `tidings whoami` */
export const whoami: Command = {
  name: 'whoami',
  summary: 'say who is signed in',
  examples: ['whoami', 'whoami --json --profile work'],
  shapes: [SIGNED_IN],
  async run(call) {
    const user = await call.client().account.get()
    const sessionId = call.profile.signIn()?.credentials.sessionId ?? null
    tell(call, { user, sessionId })
  },
}

/** A call without a sign-in: the one that the profile holds must not be touched before this one has succeeded. */
async function asNobody<Value>(
  { profile, callTimeoutMs }: Call,
  work: (client: ReturnType<typeof createClient>) => Promise<Value>,
): Promise<Value> {
  const client = createClient({ url: profile.url, callTimeoutMs })
  try {
    return await work(client)
  } finally {
    await client.close()
  }
}

/** Replaces the profile's sign-in; somebody else's session ends, since nobody could end it later. */
async function keep({ profile, client }: Call, credentials: Credentials): Promise<void> {
  const before = readable(() => profile.signIn())
  if (before !== undefined && before.credentials.user.id !== credentials.user.id) {
    // As far as it can be reached: the new sign-in does not depend on it.
    if (before.url === profile.url) await client().account.logout().catch(ignoreRefusal)
    profile.forget()
  }
  profile.keepSignIn(credentials)
}

function readable<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

function ignoreRefusal(thrown: unknown): void {
  if (!isTidingsError(thrown)) throw thrown
}

function tell(
  { profile, out }: Call,
  { user, sessionId }: { readonly user: User; readonly sessionId: string | null },
): void {
  const { name, url } = profile
  const who = out.paint('bold', safeLine(user.username))
  const words =
    sessionId === null
      ? `the account ${who} is made at ${url}`
      : `${who} is signed in at ${url} (profile ${name})`
  out.result({ user, sessionId, profile: name, url }, words)
}
