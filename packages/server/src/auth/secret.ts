import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Config } from '../config.ts'
import type { Database } from '../db/database.ts'
import { pathOfFileUrl } from '../db/files.ts'
import { insertSetting } from '../db/settings.ts'
import { updateSetting } from '../stores/setting.ts'
import { authenticationCode, deriveKey } from './primitives.ts'

const FINGERPRINT = 'secret_fingerprint'
const MIN_LENGTH = 32

/** Why the server's secret cannot be used. The message is for the operator and never shows it. */
class SecretError extends Error {
  override readonly name = 'SecretError'
}

/** What tells secrets apart without telling them. */
export function secretFingerprint(secret: string): string {
  return authenticationCode(deriveKey(secret, 'fingerprint'), 'tidings').slice(0, 22)
}

/** Where the secret of an SQLite database is kept: beside it, so that whoever moves the one sees the other. */
export function secretFileOf(databaseUrl: string): string {
  return `${pathOfFileUrl(databaseUrl)}.secret`
}

/**
 * The secrets of the configuration; without any, the one kept beside the SQLite file, made at the first start.
 * @throws SecretError
 */
export async function openSecrets(
  config: Pick<Config, 'secrets' | 'databaseUrl'>,
): Promise<readonly string[]> {
  if (config.secrets.length > 0) return config.secrets
  if (!config.databaseUrl.startsWith('file:'))
    throw new SecretError('TIDINGS_SECRET is required with Postgres.')
  const file = secretFileOf(config.databaseUrl)
  const secret = (await readSecret(file)) ?? (await makeSecret(file))
  if (secret.length < MIN_LENGTH)
    throw new SecretError(`${file} does not hold a secret of ${MIN_LENGTH} characters or more.`)
  return [secret]
}

/**
 * The secrets as they are, where nothing may be made: undefined when there are none yet.
 * @throws SecretError
 */
export async function findSecrets(
  config: Pick<Config, 'secrets' | 'databaseUrl'>,
): Promise<readonly string[] | undefined> {
  if (config.secrets.length > 0) return config.secrets
  if (!config.databaseUrl.startsWith('file:')) return undefined
  const secret = await readSecret(secretFileOf(config.databaseUrl))
  return secret === undefined ? undefined : [secret]
}

async function readSecret(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw new SecretError(`${file} cannot be read.`, { cause: error })
  }
}

/** Written aside and then linked into place: nobody ever reads half of it, and of two who make it one wins. */
async function makeSecret(file: string): Promise<string> {
  const aside = `${file}.${randomBytes(6).toString('hex')}`
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(aside, `${randomBytes(32).toString('hex')}\n`, {
      mode: 0o600,
      flag: 'wx',
      flush: true,
    })
    await link(aside, file).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error
    })
  } catch (error) {
    throw new SecretError(`${file} cannot be written. Set TIDINGS_SECRET instead.`, {
      cause: error,
    })
  } finally {
    await rm(aside, { force: true })
  }
  return (await readSecret(file)) ?? ''
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

/**
 * Makes sure that this node and the database belong together: with another secret every sign-in would fail, on one node
 * in turn, and nobody would see why. The first start writes the fingerprint; a rotation replaces it once the new
 * secret is listed before the old one.
 * @throws SecretError when the database was last used with a secret that is not listed
 */
export async function claimSecrets(database: Database, secrets: readonly string[]): Promise<void> {
  const [current, ...old] = secrets.map(secretFingerprint)
  if (current === undefined) throw new SecretError('A secret is required.')
  await database.tx(async (tx) => {
    const known = await insertSetting(database, tx, { name: FINGERPRINT, value: current })
    if (known === current) return
    if (!old.includes(known)) {
      throw new SecretError(
        'The database belongs to another secret. Set TIDINGS_SECRET to that one. To change it, give every node <old>,<new>, then every node <new>,<old>, and after 14 days <new> alone.',
      )
    }
    await updateSetting(database, tx, { name: FINGERPRINT, value: current })
  })
}
