import { TidingsError } from '@tidings/protocol/wire'
import { NO_PASSWORD } from '../../auth/password.ts'
import type { Tx } from '../../db/database.ts'
import { findIdentityUser, insertIdentity, type IdentityRef } from '../../stores/linked-identity.ts'
import { addUser, TAKEN } from '../account.ts'
import type { Deps } from '../deps.ts'
import { newNames } from '../new-name.ts'

/**
 * Whose an account elsewhere is; when it is nobody's, an account is made for it, which no password opens.
 * @param admits throws where none may be made; asked once nobody else can link the account elsewhere, or erase its owner
 */
export async function identityUser(
  deps: Deps,
  { name, ...identity }: IdentityRef & { readonly name: string | undefined },
  admits?: Admission,
): Promise<number> {
  const { database, machine } = deps
  const find = () => findIdentityUser(database, database.read, identity)
  const known = await find()
  if (known !== undefined) return known
  for (const username of newNames(name, machine)) {
    const made = await add(deps, { identity, admits }, username)
    if (made !== undefined) return made
    const faster = await find()
    if (faster !== undefined) return faster
  }
  throw new TidingsError('UNAVAILABLE')
}

type Admission = (tx: Tx) => Promise<unknown>

/** Undefined when the name is taken, or somebody was a moment faster. */
async function add(
  deps: Deps,
  {
    identity: { issuer, subject },
    admits,
  }: { readonly identity: IdentityRef; readonly admits: Admission | undefined },
  username: string,
): Promise<number | undefined> {
  return deps.journal
    .transact(async (journal) => {
      const { key } = await addUser(deps, journal, { username, passwordHash: NO_PASSWORD })
      const identity = { issuer, subject, userKey: key, createdAt: await journal.now() }
      // Thrown, so that the user is taken back too.
      if (!(await insertIdentity(deps.database, journal.tx, identity))) throw TAKEN
      await admits?.(journal.tx)
      return key
    })
    .catch((error: unknown) => {
      if (error === TAKEN) return undefined
      throw error
    })
}
