import { eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { inside } from '../../src/stores/conversation.ts'
import { beginErasure } from '../../src/stores/erasure.ts'
import { describeEngines, type Engine } from '../support/databases.ts'
import { codeOf } from './conversation-world.ts'
import { openAccountWorld, PASSWORD, type AccountWorld } from './account-world.ts'

const OTHER = 'another password'

/** ann has an address. */
async function openMailWorld(engine: Engine) {
  const world = await openAccountWorld(engine, {
    verifyUrl: 'https://app.example.org/verify#{code}',
  })
  const nobody = await world.as()
  const { credentials } = await nobody.account.register({
    username: 'ann',
    email: 'Ann@example.org',
    password: PASSWORD,
    signIn: true,
  })
  if (credentials === null) throw new Error('not signed in')
  return { ...world, nobody, ann: await world.as(credentials.accessToken), credentials }
}

/** The failures of the router are TRPCErrors; what they stand for is their cause. */
const refusal = (call: Promise<unknown>) =>
  codeOf(
    call.catch((error: unknown) => {
      throw error instanceof Error ? error.cause : error
    }),
  )

async function endMails({ database }: Pick<AccountWorld, 'database'>): Promise<void> {
  await database.tx((tx) => tx.update(database.tables.mailCodes).set({ expiresAt: 1 }))
}

describeEngines('mail', (engine) => {
  test('[PPL13] a code that was sent to an address shows that it is the user’s, once', async () => {
    await using world = await openMailWorld(engine)
    const { ann, nobody, mails } = world
    expect(await ann.account.get()).not.toHaveProperty('emailVerifiedAt')
    await ann.account.requestEmailVerification()
    await world.posted()
    const [mail] = mails
    expect(mail).toMatchObject({ to: 'Ann@example.org', kind: 'verify', username: 'ann' })
    expect(mail?.text).toContain(`https://app.example.org/verify#${mail?.code}`)
    const code = mail?.code ?? ''
    await nobody.account.verifyEmail({ code })
    const { emailVerifiedAt } = await ann.account.get()
    expect(emailVerifiedAt).toBeGreaterThan(1)
    expect(await refusal(nobody.account.verifyEmail({ code }))).toBe('INVALID_CREDENTIALS')
    // What is known is not asked again.
    await ann.account.requestEmailVerification()
    await world.posted()
    expect(mails).toHaveLength(1)
  })

  test('[PPL13] a code of one kind is none of the other, and none once it is too old', async () => {
    await using world = await openMailWorld(engine)
    const { ann, nobody, mails } = world
    await ann.account.requestEmailVerification()
    await nobody.account.requestPasswordReset({ email: 'ann@example.org' })
    await world.posted()
    const codes = new Map(mails.map(({ kind, code }) => [kind, code]))
    const [verify, reset] = [codes.get('verify') ?? '', codes.get('reset') ?? '']
    const wrong = 'INVALID_CREDENTIALS'
    expect(await refusal(nobody.account.verifyEmail({ code: reset }))).toBe(wrong)
    const by = (code: string) => nobody.account.resetPassword({ code, newPassword: OTHER })
    expect(await refusal(by(verify))).toBe(wrong)
    await endMails(world)
    expect(await refusal(nobody.account.verifyEmail({ code: verify }))).toBe(wrong)
    expect(await refusal(by(reset))).toBe(wrong)
  })

  test('[PPL14] a forgotten password is replaced by a code, once; all sessions end, and the address is known to be his', async () => {
    await using world = await openMailWorld(engine)
    const { nobody, mails, credentials } = world
    const login = (password: string) => nobody.account.login({ login: 'ann', password })
    await login(PASSWORD)
    await nobody.account.requestPasswordReset({ email: 'ANN@example.org' })
    await nobody.account.requestPasswordReset({ email: 'ann@example.org' })
    await world.posted()
    const [code = '', second = ''] = mails.map((mail) => mail.code)
    const short = nobody.account.resetPassword({ code, newPassword: 'short' })
    expect(await refusal(short)).toBe('INVALID_INPUT')
    await nobody.account.resetPassword({ code, newPassword: OTHER })
    expect(world.cutOff).toHaveLength(2)
    expect(await codeOf(world.as(credentials.accessToken))).toBe('SESSION_REVOKED')
    expect(await refusal(login(PASSWORD))).toBe('INVALID_CREDENTIALS')
    const signedIn = await login(OTHER)
    expect(signedIn.user.emailVerifiedAt).toBeGreaterThan(1)
    for (const used of [code, second]) {
      const again = nobody.account.resetPassword({ code: used, newPassword: PASSWORD })
      expect(await refusal(again)).toBe('INVALID_CREDENTIALS')
    }
  })

  test('[PPL14] of two uses of a code at the same moment one counts', async () => {
    await using world = await openMailWorld(engine)
    const { nobody, mails } = world
    await nobody.account.requestPasswordReset({ email: 'ann@example.org' })
    await world.posted()
    const code = mails[0]?.code ?? ''
    const outcomes = await Promise.allSettled(
      ['first password', 'second password'].map((newPassword) =>
        nobody.account.resetPassword({ code, newPassword }),
      ),
    )
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  })

  test('[PPL14] with another password, by a code or by the one before, the codes of both kinds that were sent are over', async () => {
    await using world = await openMailWorld(engine)
    const { ann, nobody, mails } = world
    const sent = async () => {
      await ann.account.requestEmailVerification()
      await nobody.account.requestPasswordReset({ email: 'ann@example.org' })
      await world.posted()
      const codes = new Map(mails.slice(-2).map(({ kind, code }) => [kind, code]))
      return { verify: codes.get('verify') ?? '', reset: codes.get('reset') ?? '' }
    }
    const first = await sent()
    const change = { currentPassword: PASSWORD, newPassword: OTHER, revokeOthers: false }
    await ann.account.changePassword(change)
    const second = await sent()
    await nobody.account.resetPassword({ code: second.reset, newPassword: PASSWORD })
    const { mailCodes } = world.database.tables
    expect(await world.database.read.select().from(mailCodes)).toEqual([])
    for (const code of [first.verify, second.verify])
      expect(await refusal(nobody.account.verifyEmail({ code }))).toBe('INVALID_CREDENTIALS')
    for (const code of [first.reset, second.reset]) {
      const again = nobody.account.resetPassword({ code, newPassword: OTHER })
      expect(await refusal(again)).toBe('INVALID_CREDENTIALS')
    }
  })

  test('[PPL14] who was erased before his mail could be sent gets none, and no code of his is left', async () => {
    await using world = await openMailWorld(engine)
    const { ann, mails, database } = world
    await ann.account.requestEmailVerification()
    await database.tx(async (tx) => {
      const { users } = database.tables
      const [user] = await tx.select().from(users).where(eq(users.username, 'ann'))
      const erased = { key: user?.key ?? 0, id: user?.id ?? '', erasedNameKey: 'erased' }
      await beginErasure(inside(database, tx), erased, 1)
    })
    await world.posted()
    expect(mails).toEqual([])
    expect(await database.read.select().from(database.tables.mailCodes)).toEqual([])
  })

  test('[PPL15] whether anybody has an address is not said: the answer comes before anybody is looked for', async () => {
    await using world = await openMailWorld(engine)
    const { nobody, mails } = world
    const { users } = world.database.tables
    const asked = ['ann@example.org', 'bob@example.org'].map((email) =>
      nobody.account.requestPasswordReset({ email }),
    )
    expect(await Promise.all(asked)).toEqual([undefined, undefined])
    // It is looked for only now, or there would be a mail for ann.
    await world.database.tx((tx) => tx.update(users).set({ suspendedAt: 1 }))
    await world.posted()
    expect(mails).toEqual([])
  })

  test('[PPL15] mails to one address are limited, whether anybody has it or not', async () => {
    await using world = await openMailWorld(engine)
    const { nobody } = world
    for (const email of ['ann@example.org', 'bob@example.org']) {
      for (let asked = 0; asked < 5; asked += 1)
        await nobody.account.requestPasswordReset({ email })
      expect(await refusal(nobody.account.requestPasswordReset({ email }))).toBe('RATE_LIMITED')
    }
    await world.posted()
    expect(world.mails).toHaveLength(5)
  })

  test('[PPL15] of a code the database holds a digest', async () => {
    await using world = await openMailWorld(engine)
    const { nobody, mails, database } = world
    await nobody.account.requestPasswordReset({ email: 'ann@example.org' })
    await world.posted()
    const rows = await database.read.select().from(database.tables.mailCodes)
    expect(rows).toHaveLength(1)
    expect(JSON.stringify(rows)).not.toContain(mails[0]?.code)
  })
})
