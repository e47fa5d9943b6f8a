import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { TidingsError, type Credentials, type Device, type TokenStore } from '@tidings/sdk'
import { Failure, usage } from '../cli/failure.ts'
import { profileFolder, type PlaceEnvironment } from './place.ts'
import { readPrivateFile, removePrivateFile, writePrivateFile } from './private-file.ts'
import { isCredentials, isRecord } from './records.ts'

/** A sign-in that is kept: whose, and at which server. */
export interface SignIn {
  readonly url: string
  readonly credentials: Credentials
}

/** One of this machine's sign-ins, with all that is kept for it. */
export interface Profile {
  readonly name: string
  readonly folder: string
  /** The server: as asked for, else the one that this profile is signed in at, else the one on this machine. */
  readonly url: string
  /** @throws Failure PROFILE when the file cannot be read */
  signIn(): SignIn | undefined
  /** Replaces whatever sign-in there was. */
  keepSignIn(credentials: Credentials): void
  /** Forgets the sign-in and everything of its user. */
  forget(): void
  /** What a client of this profile reads and writes; other programs may do so at the same time. */
  readonly tokens: TokenStore
  /** This device, the same at every sign-in: signing in again continues the session. */
  device(): Device
  /** How far `tidings sync` has told this user. */
  cursor(userId: string): string | undefined
  keepCursor(userId: string, cursor: string): void
}

/** What says which profile and which server. */
export interface ProfileOptions {
  readonly name: string
  /** The server that the command line or the environment names. */
  readonly url: string | undefined
  readonly environment: PlaceEnvironment
}

const DEFAULT_URL = 'http://127.0.0.1:3000'

/**
 * Opens a profile; nothing is written yet.
 * @throws Failure USAGE for a name or an address that is none
 */
export function openProfile({ name, url, environment }: ProfileOptions): Profile {
  const folder = profileFolder(environment, name)
  const asked = url === undefined ? undefined : normalUrl(url)
  const file = join(folder, 'sign-in.json')
  const signIn = (): SignIn | undefined => readSignIn(file)
  const address = (): string => asked ?? kept(signIn)?.url ?? DEFAULT_URL
  return {
    name,
    folder,
    get url() {
      return address()
    },
    signIn,
    keepSignIn: (credentials) => writePrivateFile(file, { url: address(), credentials }),
    forget() {
      for (const each of ['sign-in.json', 'cursor.json', 'conversations'])
        removePrivateFile(join(folder, each))
    },
    tokens: createTokens({ name, file, address }),
    device: () => device(join(folder, 'device.json')),
    cursor(userId) {
      const found = readPrivateFile(join(folder, 'cursor.json'))
      if (!isRecord(found) || found['userId'] !== userId) return undefined
      return typeof found['cursor'] === 'string' ? found['cursor'] : undefined
    },
    keepCursor: (userId, cursor) =>
      writePrivateFile(join(folder, 'cursor.json'), { userId, cursor }),
  }
}

function normalUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol))
    throw usage(`“${url}” is no address of a server: it begins with http:// or https://.`)
  return parsed.href.replace(/\/+$/, '')
}

function readSignIn(file: string): SignIn | undefined {
  const found = readPrivateFile(file)
  if (found === undefined) return undefined
  if (isRecord(found) && typeof found['url'] === 'string' && isCredentials(found['credentials']))
    return { url: found['url'], credentials: found['credentials'] }
  throw new Failure('PROFILE', `${file} holds no sign-in. Sign in again with: tidings login <name>`)
}

/** A broken file must not stop the sign-in that replaces it. */
function kept(signIn: () => SignIn | undefined): SignIn | undefined {
  try {
    return signIn()
  } catch {
    return undefined
  }
}

interface TokenPlace {
  readonly name: string
  readonly file: string
  readonly address: () => string
}

/**
 * Tokens that several programs share. The SDK looks here before it renews, and the server answers two renewals within ten
 * seconds alike; what remains is that a renewal comes back after somebody has signed out, or signed in anew, in another
 * program: it must not bring the old sign-in back, so the file is read once more in the turn in which it is written.
 */
function createTokens({ name, file, address }: TokenPlace): TokenStore {
  return {
    load() {
      const found = readSignIn(file)
      if (found === undefined) return undefined
      // A token is shown to the server that gave it and to no other.
      if (found.url === address()) return found.credentials
      throw new TidingsError(
        'UNAUTHENTICATED',
        `The profile “${name}” is signed in at ${found.url}, not at ${address()}.`,
      )
    },
    save(credentials) {
      const current = kept(() => readSignIn(file))
      if (credentials === undefined || current?.credentials.sessionId !== credentials.sessionId)
        return
      if (current.credentials.accessTokenExpiresAt <= credentials.accessTokenExpiresAt)
        writePrivateFile(file, { url: current.url, credentials })
    },
  }
}

function device(file: string): Device {
  const found = readPrivateFile(file)
  const known = isRecord(found) ? found['deviceId'] : undefined
  const deviceId = typeof known === 'string' ? known : randomUUID()
  if (deviceId !== known) writePrivateFile(file, { deviceId })
  return { deviceId, platform: process.platform, name: `tidings on ${hostname()}`.slice(0, 100) }
}
