import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { claimSecrets, openSecrets, secretFileOf } from '../../src/auth/secret.ts'
import { describeEngines, openTestDatabase } from '../support/databases.ts'

const OLD = 'old'.repeat(12)
const NEW = 'new'.repeat(12)
const OTHER = 'other'.repeat(8)

describe('the secret beside an SQLite file', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tidings-secret-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  const configured = (secrets: readonly string[] = []) => ({
    secrets,
    databaseUrl: `file:${join(folder, 'data', 'tidings.db')}`,
  })

  test('[CFG3] it is made at the first start, readable by its owner alone, and kept', async () => {
    const config = configured()
    const [secret = ''] = await openSecrets(config)
    expect(secret).toMatch(/^[0-9a-f]{64}$/)
    const file = secretFileOf(config.databaseUrl)
    expect(file).toBe(join(folder, 'data', 'tidings.db.secret'))
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8').trim()).toBe(secret)
    expect(await openSecrets(config)).toEqual([secret])
    expect(readdirSync(join(folder, 'data'))).toEqual(['tidings.db.secret'])
  })

  test('[CFG3] of many who start at once all get the same', async () => {
    const secrets = await Promise.all(Array.from({ length: 20 }, () => openSecrets(configured())))
    expect(new Set(secrets.flat()).size).toBe(1)
    expect(readdirSync(join(folder, 'data'))).toEqual(['tidings.db.secret'])
  })

  test('[CFG3] one that is configured is used, and no file is made', async () => {
    expect(await openSecrets(configured([NEW, OLD]))).toEqual([NEW, OLD])
    expect(existsSync(join(folder, 'data'))).toBe(false)
  })

  test('[CFG3] a file that holds no secret is told by name, and not replaced', async () => {
    const config = configured()
    await openSecrets(config)
    writeFileSync(secretFileOf(config.databaseUrl), 'short')
    await expect(openSecrets(config)).rejects.toThrow(/tidings\.db\.secret does not hold/)
    expect(readFileSync(secretFileOf(config.databaseUrl), 'utf8')).toBe('short')
  })

  test('[CFG3] a place where nothing can be written is told by name', async () => {
    writeFileSync(join(folder, 'data'), 'a file, not a folder')
    await expect(openSecrets(configured())).rejects.toMatchObject({ name: 'SecretError' })
  })
})

test('[CFG3] with Postgres none is made', async () => {
  await expect(openSecrets({ secrets: [], databaseUrl: 'postgres://db/tidings' })).rejects.toThrow(
    /required/,
  )
})

describeEngines('the fingerprint of the secret', (engine) => {
  test('[CFG4] a node with another secret than the database was used with is refused', async () => {
    await using database = await openTestDatabase(engine)
    await claimSecrets(database, [OLD])
    await claimSecrets(database, [OLD])
    const refusal = claimSecrets(database, [NEW]).catch((error: Error) => error.message)
    expect(await refusal).toContain('belongs to another secret')
    expect(await refusal).not.toContain(NEW)
  })

  test('[CFG4] a rotation lists the old secret after the new one; afterwards the old one may go', async () => {
    await using database = await openTestDatabase(engine)
    await claimSecrets(database, [OLD])
    await claimSecrets(database, [OLD, NEW])
    await claimSecrets(database, [NEW, OLD])
    await claimSecrets(database, [NEW])
    await expect(claimSecrets(database, [OLD])).rejects.toMatchObject({ name: 'SecretError' })
    await expect(claimSecrets(database, [OTHER, OLD])).rejects.toMatchObject({
      name: 'SecretError',
    })
  })

  test('[CFG4] of nodes that start at once with different secrets one kind comes up', async () => {
    await using database = await openTestDatabase(engine)
    const claims = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) =>
        claimSecrets(database, [index % 2 === 0 ? OLD : NEW]),
      ),
    )
    expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(5)
  })

  test('[CFG4] what the database keeps does not tell the secret', async () => {
    await using database = await openTestDatabase(engine)
    await claimSecrets(database, [OLD])
    const settings = await database.read.select().from(database.tables.settings)
    const value = settings.find(({ name }) => name === 'secret_fingerprint')?.value
    expect(value).toMatch(/^[\w-]{22}$/)
  })
})
