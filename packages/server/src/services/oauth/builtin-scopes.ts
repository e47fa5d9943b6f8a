import { BASE_SCOPES, RESTRICTED_SCOPES, SCOPES } from '@tidings/protocol/wire'
import type { Database } from '../../db/database.ts'
import { findSetting, insertSetting } from '../../db/settings.ts'
import { insertOAuthScopes } from '../../stores/oauth-scope.ts'
import { updateSetting } from '../../stores/setting.ts'

const NAME = 'oauth_scopes'

/**
 * Writes the scopes that Tidings itself knows, each at the first start of a version that knows it: what an administrator
 * has changed or deleted since then stays so.
 */
export async function writeBuiltinScopes(database: Database): Promise<void> {
  const names = Object.keys(SCOPES)
  const value = names.join(' ')
  if ((await findSetting(database, database.read, NAME)) === value) return
  await database.tx(async (tx) => {
    const written = (await findSetting(database, tx, NAME))?.split(' ') ?? []
    const createdAt = await database.now(tx)
    const scopes = Object.entries(SCOPES)
      .filter(([name]) => !written.includes(name))
      .map(([name, description]) => ({
        name,
        description,
        base: BASE_SCOPES.some((scope) => scope === name) ? 1 : 0,
        restricted: RESTRICTED_SCOPES.some((scope) => scope === name) ? 1 : 0,
        createdAt,
      }))
    await insertOAuthScopes(database, tx, scopes)
    await insertSetting(database, tx, { name: NAME, value })
    await updateSetting(database, tx, { name: NAME, value })
  })
}
