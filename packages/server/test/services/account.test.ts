import { randomUUID } from 'node:crypto'
import { nameKey } from '@tidings/protocol'
import { TidingsError } from '@tidings/protocol/wire'
import { eq } from 'drizzle-orm'
import { expect, test, vi } from 'vitest'
import { describeEngines } from '../support/databases.ts'
import { openAccountWorld, outcomeOf, PASSWORD } from './account-world.ts'

describeEngines('accounts', (engine) => {
  test('[ACC1] [S2.1] registering makes the user and his own stream, visible to him from its first event', async () => {
    await using world = await openAccountWorld(engine)
    const nobody = await world.as()
    const { user, credentials } = await nobody.account.register({
      username: 'Ann',
      email: 'Ann@Example.com',
      password: PASSWORD,
      firstName: 'Ann',
      lastName: 'Example',
      phone: '+1 555 0100',
    })
    expect(credentials).toBeNull()
    expect(user).toMatchObject({ username: 'Ann', email: 'Ann@Example.com', role: 'user' })
    const { users, streams, spans } = world.database.tables
    const [row] = await world.database.read
      .select()
      .from(users)
      .innerJoin(streams, eq(streams.key, users.streamKey))
      .innerJoin(spans, eq(spans.streamKey, users.streamKey))
    expect(row?.users).toMatchObject({
      id: user.id,
      firstName: 'Ann',
      lastName: 'Example',
      phone: '+1 555 0100',
    })
    expect(row?.users.passwordHash).toMatch(/^\$argon2id\$/)
    expect(row?.streams).toMatchObject({ name: `u:${user.id}`, head: 0 })
    expect(row?.spans).toMatchObject({ userKey: row?.users.key, fromSeq: 1, toSeq: null })
  })

  test('[ACC1] registering can sign in at once, on a device', async () => {
    await using world = await openAccountWorld(engine)
    const input = {
      username: 'ann',
      password: PASSWORD,
      signIn: true,
      device: { deviceId: 'phone', build: 7 },
    }
    const { credentials } = await (await world.as()).account.register(input)
    const ann = await world.as(credentials?.accessToken)
    expect(await ann.account.get()).toEqual(credentials?.user)
    expect(await ann.session.list()).toMatchObject([
      { id: credentials?.sessionId, deviceId: 'phone', build: 7, current: true },
    ])
  })

  test('[ACC1] a name is one name in every case and compatibility form, an address in every case', async () => {
    await using world = await openAccountWorld(engine)
    const nobody = await world.as()
    const register = (username: string, email?: string) =>
      outcomeOf(nobody.account.register({ username, email, password: PASSWORD }))
    expect(await register('Jos\u00e9', 'jose@example.com')).toBe('done')
    for (const same of [
      'jos\u00e9',
      'JOS\u00c9',
      'jose\u0301',
      '\uff2a\uff4f\uff53\u00e9',
      ' Jos\u00e9 ',
    ])
      expect(await register(same)).toBe('USERNAME_TAKEN')
    expect(await register('josef', 'JOSE@Example.COM')).toBe('EMAIL_TAKEN')
    expect(await register('josef', 'josef@example.com')).toBe('done')
    expect(await register('stra\u00dfe')).toBe('done')
    expect(await register('STRASSE')).toBe('USERNAME_TAKEN')
  })

  test('[ACC1] of 20 who take one name at once, one gets it and no stream is left over', async () => {
    await using world = await openAccountWorld(engine)
    const nobody = await world.as()
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, index) => {
        const username = index % 2 === 0 ? 'ann' : 'ANN'
        return outcomeOf(
          nobody.account.register({
            username,
            email: `ann${index}@example.com`,
            password: PASSWORD,
          }),
        )
      }),
    )
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome === 'USERNAME_TAKEN')).toHaveLength(19)
    expect(await world.database.read.$count(world.database.tables.streams)).toBe(1)
    expect(await world.database.read.$count(world.database.tables.spans)).toBe(1)
  })

  test('[ACC1] of 10 who take one address at once, one gets it', async () => {
    await using world = await openAccountWorld(engine)
    const nobody = await world.as()
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        outcomeOf(
          nobody.account.register({
            username: `ann${index}`,
            email: 'ann@example.com',
            password: PASSWORD,
          }),
        ),
      ),
    )
    expect(outcomes.toSorted()).toEqual([...Array<string>(9).fill('EMAIL_TAKEN'), 'done'])
  })

  test('[ACC2] a closed server registers nobody', async () => {
    await using world = await openAccountWorld(engine, { registration: 'closed' })
    const call = (await world.as()).account.register({ username: 'ann', password: PASSWORD })
    expect(await outcomeOf(call)).toBe('REGISTRATION_CLOSED')
  })

  test("[ACC2] the shortest password is the operator's to say, in characters", async () => {
    await using world = await openAccountWorld(engine, { passwordMinLength: 4 })
    const nobody = await world.as()
    const register = (password: string) =>
      nobody.account.register({ username: `u${randomUUID().slice(0, 8)}`, password })
    expect(await outcomeOf(register('0000'))).toBe('done')
    expect(await outcomeOf(register('\u{1f600}\u{1f600}\u{1f600}\u{1f600}'))).toBe('done')
    expect(await outcomeOf(register('\u{1f600}\u{1f600}\u{1f600}'))).toBe('INVALID_INPUT')
    const refused = await register('000').catch((error: Error) => error.cause)
    expect(refused).toMatchObject({
      details: { fields: [{ path: 'password', message: 'at least 4 characters' }] },
    })
  })

  test('[ACC3] [S2.2] one signs in by name in any form, or by address in any case', async () => {
    await using world = await openAccountWorld(engine)
    const nobody = await world.as()
    await nobody.account.register({ username: 'Ann', email: 'ann@example.com', password: PASSWORD })
    for (const login of ['Ann', 'ann', '\uff21NN', 'ann@example.com', 'ANN@EXAMPLE.COM']) {
      const { accessToken, user } = await nobody.account.login({ login, password: PASSWORD })
      expect(await (await world.as(accessToken)).account.get()).toEqual(user)
    }
  })

  test('[ACC3] an unknown user and a wrong password are one answer, after one check of a hash each', async () => {
    await using world = await openAccountWorld(engine)
    await world.register('ann')
    const verify = vi.spyOn(world.auth, 'verifyPassword')
    const nobody = await world.as()
    const wrong = await nobody.account
      .login({ login: 'ann', password: 'wrong horse' })
      .catch((error: Error) => error)
    const unknown = await nobody.account
      .login({ login: 'bob', password: 'wrong horse' })
      .catch((error: Error) => error)
    const address = await nobody.account
      .login({ login: 'b@b.example', password: 'x' })
      .catch((error: Error) => error)
    for (const error of [wrong, unknown, address])
      expect(error).toMatchObject({ code: 'UNAUTHORIZED', message: (wrong as Error).message })
    expect(verify.mock.calls.map(([hash]) => hash === undefined)).toEqual([false, true, true])
  })

  test('[ACC4] after six wrong passwords an account is closed to guesses for a while, known or not', async () => {
    await using world = await openAccountWorld(engine)
    await world.register('ann')
    for (const login of ['ann', 'nobody']) {
      const guess = (password: string, ip: string) =>
        world
          .as(undefined, { ip })
          .then((caller) => outcomeOf(caller.account.login({ login, password })))
      for (let count = 0; count < 6; count += 1)
        expect(await guess('wrong', `192.0.2.${count}`)).toBe('INVALID_CREDENTIALS')
      expect(await guess('wrong', '192.0.2.9')).toBe('RATE_LIMITED')
      expect(await guess(PASSWORD, '192.0.2.9')).toBe('RATE_LIMITED')
    }
  })

  test('[ACC4] name and address of one account share its guesses', async () => {
    await using world = await openAccountWorld(engine)
    const nobody = await world.as()
    await nobody.account.register({ username: 'ann', email: 'ann@example.com', password: PASSWORD })
    const logins = ['ann', 'ann@example.com', 'ANN', 'Ann@Example.com', 'ann', 'ann@example.com']
    for (const login of logins)
      expect(await outcomeOf(nobody.account.login({ login, password: 'wrong' }))).toBe(
        'INVALID_CREDENTIALS',
      )
    expect(await outcomeOf(nobody.account.login({ login: 'ann', password: PASSWORD }))).toBe(
      'RATE_LIMITED',
    )
  })

  test('[ACC4] one address makes only so many accounts an hour', async () => {
    await using world = await openAccountWorld(engine, { limits: { registrationsPerIp: 2 } })
    const register = async (username: string, ip: string) =>
      outcomeOf(
        (await world.as(undefined, { ip })).account.register({ username, password: PASSWORD }),
      )
    expect(await register('ann', '2001:db8::1')).toBe('done')
    expect(await register('bob', '2001:db8::2')).toBe('done')
    expect(await register('cat', '2001:db8::3')).toBe('RATE_LIMITED')
    expect(await register('cat', '2001:db8:0:1::1')).toBe('done')
  })

  test('[ACC6] a new password ends the other sessions and not the one that gave it', async () => {
    await using world = await openAccountWorld(engine)
    const here = await world.register('ann')
    const there = await world.login('ann')
    const ann = await world.as(here.accessToken)
    const input = { currentPassword: PASSWORD, newPassword: 'a better horse' }
    await ann.account.changePassword(input)
    expect(await outcomeOf(world.actor(here))).toBe('done')
    expect(await outcomeOf(world.actor(there))).toBe('SESSION_REVOKED')
    expect(world.cutOff).toHaveLength(1)
    expect(await outcomeOf(world.login('ann'))).toBe('INVALID_CREDENTIALS')
    const again = (await world.as()).account.login({ login: 'ann', password: 'a better horse' })
    expect(await outcomeOf(again)).toBe('done')
  })

  test('[ACC6] the other sessions stay when that is asked for', async () => {
    await using world = await openAccountWorld(engine)
    const here = await world.register('ann')
    const there = await world.login('ann')
    const input = { currentPassword: PASSWORD, newPassword: 'a better horse', revokeOthers: false }
    await (await world.as(here.accessToken)).account.changePassword(input)
    expect(await outcomeOf(world.actor(there))).toBe('done')
    expect(world.cutOff).toEqual([])
  })

  test('[ACC6] a wrong current password changes nothing and counts as a guess at the account', async () => {
    await using world = await openAccountWorld(engine)
    const ann = await world.as((await world.register('ann')).accessToken)
    const input = { currentPassword: 'wrong', newPassword: 'a better horse' }
    for (let count = 0; count < 6; count += 1)
      expect(await outcomeOf(ann.account.changePassword(input))).toBe('INVALID_CREDENTIALS')
    expect(
      await outcomeOf(ann.account.changePassword({ ...input, currentPassword: PASSWORD })),
    ).toBe('RATE_LIMITED')
    expect(await outcomeOf(world.login('ann'))).toBe('RATE_LIMITED')
    const short = { currentPassword: PASSWORD, newPassword: 'short' }
    expect(await outcomeOf(ann.account.changePassword(short))).toBe('INVALID_INPUT')
  })

  test('[ACC6] a sign-in by a password that changes while it is looked at is refused', async () => {
    await using world = await openAccountWorld(engine)
    await world.register('ann')
    const { users } = world.database.tables
    const verify = world.auth.verifyPassword.bind(world.auth)
    vi.spyOn(world.auth, 'verifyPassword').mockImplementationOnce(async (hash, password) => {
      const right = await verify(hash, password)
      await world.database.tx(async (tx) => {
        await tx.update(users).set({ passwordHash: 'another' })
      })
      return right
    })
    expect(await outcomeOf(world.login('ann'))).toBe('INVALID_CREDENTIALS')
    expect(await world.database.read.$count(world.database.tables.sessions)).toBe(1)
  })

  test('[ACC7] a suspended user is signed out everywhere and cannot come back', async () => {
    await using world = await openAccountWorld(engine)
    const credentials = await world.register('ann')
    const { users } = world.database.tables
    await world.database.tx(async (tx) => {
      await tx
        .update(users)
        .set({ suspendedAt: 1 })
        .where(eq(users.usernameKey, nameKey('ann')))
    })
    expect(await outcomeOf(world.actor(credentials))).toBe('SESSION_REVOKED')
    const { refreshToken } = credentials
    expect(await outcomeOf((await world.as()).account.refresh({ refreshToken }))).toBe(
      'SESSION_REVOKED',
    )
    expect(await outcomeOf(world.login('ann'))).toBe('FORBIDDEN')
    const wrong = (await world.as()).account.login({ login: 'ann', password: 'wrong' })
    expect(await outcomeOf(wrong)).toBe('INVALID_CREDENTIALS')
  })

  test('[ACC8] people see of each other the id and the name, found by either', async () => {
    await using world = await openAccountWorld(engine)
    const bob = await world.as((await world.register('bob')).accessToken)
    const { user } = await world.register('Ann')
    const ann = { id: user.id, username: 'Ann' }
    expect(await bob.user.get({ userId: user.id })).toEqual(ann)
    expect(await bob.user.get({ username: 'ann' })).toEqual(ann)
    expect(await bob.user.get({ username: '\uff21nn' })).toEqual(ann)
    expect(await outcomeOf(bob.user.get({ username: 'cat' }))).toBe('NOT_FOUND')
    expect(await outcomeOf(bob.user.get({ userId: randomUUID() }))).toBe('NOT_FOUND')
    expect(await outcomeOf((await world.as()).user.get({ username: 'ann' }))).toBe(
      'UNAUTHENTICATED',
    )
  })

  test('[ACC1] a registration that fails half way leaves nothing behind', async () => {
    await using world = await openAccountWorld(engine)
    vi.spyOn(world.auth.refreshTokens, 'issue').mockRejectedValueOnce(
      new TidingsError('STORAGE_FULL'),
    )
    const input = { username: 'ann', password: PASSWORD, signIn: true }
    const nobody = await world.as()
    expect(await outcomeOf(nobody.account.register(input))).toBe('STORAGE_FULL')
    const { users, streams, sessions } = world.database.tables
    for (const table of [users, streams, sessions])
      expect(await world.database.read.$count(table)).toBe(0)
    expect(await outcomeOf(nobody.account.register(input))).toBe('done')
  })
})
