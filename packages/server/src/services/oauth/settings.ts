import { OAUTH_GRANT_TYPES } from '@tidings/protocol/wire'
import * as z from 'zod'
import type { Reader, Tx } from '../../db/database.ts'
import { findSetting, insertSetting } from '../../db/settings.ts'
import { updateSetting } from '../../stores/setting.ts'
import type { Deps } from '../deps.ts'

const NAME = 'oauth'
const DAY_SECONDS = 24 * 60 * 60

/** What administrators set for all clients. Lengths are characters of what is random, lifetimes seconds. */
export const adminSettingsSchema = z.object({
  /** `provider`: others sign in with accounts from here. `consumer`: accounts of others sign in here. */
  roles: z.array(z.enum(['provider', 'consumer'])).default(['provider', 'consumer']),
  /** Ways to a token that are offered at all. */
  grantTypes: z
    .array(z.enum(OAUTH_GRANT_TYPES))
    .default(['authorization_code', 'refresh_token', 'client_credentials']),
  /** A JWT (RFC 9068) says what it is for to who reads it; here it is looked up all the same. */
  accessTokenFormat: z.enum(['opaque', 'jwt']).default('opaque'),
  /** 22 characters are 128 bits. */
  accessTokenLength: z.int().min(22).max(256).default(43),
  accessTokenLifetime: z.int().min(60).max(DAY_SECONDS).default(3600),
  codeLength: z.int().min(22).max(256).default(43),
  /** RFC 6749 recommends ten minutes at most. */
  codeLifetime: z.int().min(10).max(600).default(60),
  refreshTokenLifetime: z
    .int()
    .min(60)
    .max(30 * DAY_SECONDS)
    .default(30 * DAY_SECONDS),
})
/** What administrators have set, with defaults for the rest. */
export type OAuthSettings = z.infer<typeof adminSettingsSchema>

/** As they are now. */
export async function readOAuthSettings(
  { database }: Pick<Deps, 'database'>,
  reader: Reader = database.read,
): Promise<OAuthSettings> {
  const text = await findSetting(database, reader, NAME)
  const stored: unknown = text === undefined ? {} : JSON.parse(text)
  return adminSettingsSchema.parse(stored)
}

/** Writes some of them. Who may do so, and the audit log, are the caller's affair. */
export async function writeOAuthSettings(
  { database }: Pick<Deps, 'database'>,
  tx: Tx,
  change: Partial<OAuthSettings>,
): Promise<OAuthSettings> {
  const settings = { ...(await readOAuthSettings({ database }, tx)), ...change }
  const value = JSON.stringify(settings)
  if ((await insertSetting(database, tx, { name: NAME, value })) !== value)
    await updateSetting(database, tx, { name: NAME, value })
  return settings
}
