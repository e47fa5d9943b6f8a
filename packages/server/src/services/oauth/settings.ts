import { adminSettingsSchema } from '@tidings/protocol'
import type * as z from 'zod'
import type { Reader, Tx } from '../../db/database.ts'
import { findSetting, insertSetting } from '../../db/settings.ts'
import { lockSetting, updateSetting } from '../../stores/setting.ts'
import type { Deps } from '../deps.ts'

const NAME = 'oauth'
const DAY_SECONDS = 24 * 60 * 60

/** The base scopes are kept with the scopes. */
const settingsSchema = adminSettingsSchema.omit({ baseScopes: true })
/** What administrators have set, with defaults for the rest. Lengths are characters of what is random, lifetimes seconds. */
export type OAuthSettings = z.infer<typeof settingsSchema>

const DEFAULTS: OAuthSettings = {
  roles: ['provider', 'consumer'],
  grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
  accessTokenFormat: 'opaque',
  accessTokenLength: 43,
  accessTokenLifetime: 3600,
  codeLength: 43,
  codeLifetime: 60,
  refreshTokenLifetime: 30 * DAY_SECONDS,
}

/** As they are now. */
export async function readOAuthSettings(
  { database }: Pick<Deps, 'database'>,
  reader: Reader = database.read,
): Promise<OAuthSettings> {
  const text = await findSetting(database, reader, NAME)
  const stored: unknown = text === undefined ? {} : JSON.parse(text)
  return settingsSchema.parse(Object.assign({}, DEFAULTS, stored))
}

/** Holds them until the transaction ends: of two who write a part each, the second would write the first one's part as it was. */
export async function lockOAuthSettings(
  { database }: Pick<Deps, 'database'>,
  tx: Tx,
): Promise<void> {
  await insertSetting(database, tx, { name: NAME, value: '{}' })
  await lockSetting(database, tx, NAME)
}

/** Writes some of them. Who may do so, and the audit log, are the caller's affair. */
export async function writeOAuthSettings(
  { database }: Pick<Deps, 'database'>,
  tx: Tx,
  change: Partial<OAuthSettings>,
): Promise<void> {
  await lockOAuthSettings({ database }, tx)
  const settings = { ...(await readOAuthSettings({ database }, tx)), ...change }
  await updateSetting(database, tx, { name: NAME, value: JSON.stringify(settings) })
}
