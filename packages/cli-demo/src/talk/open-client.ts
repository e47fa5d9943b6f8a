import { join } from 'node:path'
import {
  createClient,
  isTidingsError,
  TidingsError,
  type ClientStorage,
  type TidingsClient,
} from '@tidings/sdk'
import { fileStorage } from '@tidings/sdk/file'
import { makePrivateFolder } from '../profile/private-file.ts'
import type { Profile } from '../profile/profile.ts'

/** A client that keeps what it knows, and what waits to be sent, with the profile. */
export interface KeepingClient {
  readonly client: TidingsClient
  /** False while another program keeps this profile's: then nothing outlives this one. */
  readonly isKept: boolean
}

/**
 * Opens the client of a profile's user, with what was kept loaded; nothing is connected yet.
 * @throws TidingsError UNAUTHENTICATED when nobody is signed in
 */
export async function openKeepingClient(profile: Profile): Promise<KeepingClient> {
  const credentials = await profile.tokens.load()
  if (credentials === undefined) throw new TidingsError('UNAUTHENTICATED')
  const folder = join(profile.folder, 'conversations')
  makePrivateFolder(folder)
  // A file for each user: what one had waiting is not another's.
  const kept = open(profile, fileStorage(join(folder, `${credentials.user.id}.tidings`)))
  try {
    await kept.store.load()
    return { client: kept, isKept: true }
  } catch (thrown) {
    await kept.close()
    if (!isTidingsError(thrown) || thrown.code !== 'UNAVAILABLE') throw thrown
    return { client: open(profile), isKept: false }
  }
}

function open(profile: Profile, storage?: ClientStorage): TidingsClient {
  return createClient({ url: profile.url, tokens: profile.tokens, storage })
}
