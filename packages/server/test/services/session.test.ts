import { randomUUID } from 'node:crypto'
import { and, eq, isNull } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { prepareInsert } from '../../src/db/insert-rows.ts'
import { sweepSessions } from '../../src/services/session-sweep.ts'
import { breaths } from '../support/breaths.ts'
import { describeEngines } from '../support/databases.ts'
import { type AccountWorld, openAccountWorld, outcomeOf, PASSWORD } from './account-world.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const PHONE = { deviceId: '0000', platform: 'web', model: 'chrome', build: 1, name: 'ievgen-pc' }

/** Refreshes outside of anybody's session, as a client whose token has expired does. */
async function refresh(world: AccountWorld, refreshToken: string) {
  return (await world.as()).account.refresh({ refreshToken })
}

/** What the database holds of sessions that have not been revoked. */
async function livingSessions({ database }: AccountWorld) {
  const { sessions } = database.tables
  return database.read.select().from(sessions).where(isNull(sessions.revokedAt))
}

describeEngines('sessions', (engine) => {
  test('[SES1] an access token lasts 15 minutes, or 14 days for a client that cannot refresh', async () => {
    let time = Date.now()
    await using world = await openAccountWorld(engine, { clock: { now: () => time } })
    await world.register('ann')
    const nobody = await world.as()
    const short = await nobody.account.login({ login: 'ann', password: PASSWORD })
    const long = await nobody.account.login({ login: 'ann', password: PASSWORD, lifetime: 'long' })
    const second = Math.floor(time / 1000) * 1000
    expect(short.accessTokenExpiresAt).toBe(second + 15 * MINUTE)
    expect(long.accessTokenExpiresAt).toBe(second + 14 * DAY)
    time = short.accessTokenExpiresAt - 1
    expect(await outcomeOf(world.actor(short))).toBe('done')
    time = short.accessTokenExpiresAt
    expect(await outcomeOf(world.actor(short))).toBe('TOKEN_EXPIRED')
    expect(await outcomeOf(world.actor(long))).toBe('done')
  })

  test('[SES2] a token speaks for its user by its session, and ends with it at once', async () => {
    await using world = await openAccountWorld(engine)
    const credentials = await world.register('ann')
    expect(await world.actor(credentials)).toEqual({
      userKey: expect.any(Number),
      userId: credentials.user.id,
      username: 'ann',
      role: 'user',
      sessionKey: expect.any(Number),
      sessionId: credentials.sessionId,
    })
    await (await world.as(credentials.accessToken)).account.logout()
    expect(await outcomeOf(world.actor(credentials))).toBe('SESSION_REVOKED')
  })

  test('[SES2] a token of a session that the database does not know is refused', async () => {
    await using world = await openAccountWorld(engine)
    const { user } = await world.register('ann')
    const { sessionId } = await world.register('bob')
    const token = (of: string, by: string) =>
      world.auth.issueAccessToken({ userId: of, sessionId: by, lifetime: 'short' })
    const unknown = await token(user.id, randomUUID())
    expect(await outcomeOf(world.auth.authenticate(unknown.token))).toBe('SESSION_REVOKED')
    const mixed = await token(user.id, sessionId)
    expect(await outcomeOf(world.auth.authenticate(mixed.token))).toBe('UNAUTHENTICATED')
  })

  test('[SES3] a refresh token gives new tokens of the same session, once', async () => {
    await using world = await openAccountWorld(engine)
    const first = await world.register('ann')
    const second = await refresh(world, first.refreshToken)
    expect(second).toMatchObject({ user: first.user, sessionId: first.sessionId })
    expect(second.refreshToken).not.toBe(first.refreshToken)
    expect(await outcomeOf(world.actor(second))).toBe('done')
    const third = await refresh(world, second.refreshToken)
    expect(third.refreshToken).not.toBe(second.refreshToken)
    expect(await outcomeOf(refresh(world, 'tdr_unknown'))).toBe('UNAUTHENTICATED')
    expect(await outcomeOf(refresh(world, first.accessToken))).toBe('UNAUTHENTICATED')
  })

  test('[SES4] a token used again within ten seconds is answered with the very same successor', async () => {
    await using world = await openAccountWorld(engine)
    const { refreshToken } = await world.register('ann')
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => refresh(world, refreshToken)),
    )
    expect(new Set(answers.map((answer) => answer.refreshToken)).size).toBe(1)
    await world.age(4000)
    const late = await refresh(world, refreshToken)
    expect(late.refreshToken).toBe(answers[0]?.refreshToken)
    expect(await outcomeOf(refresh(world, late.refreshToken))).toBe('done')
    expect(world.cutOff).toEqual([])
  })

  test('[SES4] a token used again later ends the session: access, refresh, tickets and connections', async () => {
    await using world = await openAccountWorld(engine)
    const stolen = await world.register('ann')
    const other = await world.login('ann')
    const owner = await refresh(world, stolen.refreshToken)
    const { sessionKey } = await world.actor(owner)
    const { ticket } = await (await world.as(owner.accessToken)).session.createTicket()
    await world.age(10_001)
    expect(await outcomeOf(refresh(world, stolen.refreshToken))).toBe('SESSION_REVOKED')
    expect(await outcomeOf(refresh(world, owner.refreshToken))).toBe('SESSION_REVOKED')
    expect(await outcomeOf(world.actor(owner))).toBe('SESSION_REVOKED')
    expect(await outcomeOf(world.auth.redeemTicket(ticket, null))).not.toBe('done')
    expect(world.cutOff).toEqual([sessionKey])
    expect(await outcomeOf(world.actor(other))).toBe('done')
    expect(world.log.join('')).toContain('a refresh token was used twice')
  })

  test('[SES4] the successor is the same after a rotation of the secret; without the old one nothing can be answered', async () => {
    await using world = await openAccountWorld(engine, { secrets: ['old'.repeat(12)] })
    const { refreshToken } = await world.register('ann')
    const { refreshToken: successor } = await refresh(world, refreshToken)
    const { database } = world
    const rotated = await openAccountWorld(engine, {
      database,
      secrets: ['new'.repeat(12), 'old'.repeat(12)],
    })
    expect((await refresh(rotated, refreshToken)).refreshToken).toBe(successor)
    const renewed = await openAccountWorld(engine, { database, secrets: ['new'.repeat(12)] })
    expect(await outcomeOf(refresh(renewed, refreshToken))).toBe('SESSION_REVOKED')
    expect(await outcomeOf(refresh(renewed, successor))).toBe('done')
  })

  test('[SES5] [S2.3] a device that is known gets the same session and a new ticket, however often it signs in', async () => {
    await using world = await openAccountWorld(engine)
    const first = await world.register('ann')
    const created = await (await world.as(first.accessToken)).session.create(PHONE)
    expect(created.session).toMatchObject({ id: first.sessionId, ...PHONE, current: true })
    const second = await world.login('ann')
    expect(second.sessionId).not.toBe(first.sessionId)
    const ann = await world.as(second.accessToken)
    const again = await ann.session.create({ ...PHONE, build: 2, name: 'desk' })
    expect(again.session).toMatchObject({
      id: first.sessionId,
      platform: 'web',
      build: 2,
      name: 'desk',
      current: true,
    })
    expect(again.session.createdAt).toBe(created.session.createdAt)
    expect(again.ticket).not.toBe(created.ticket)
    const renewed = await world.as(second.accessToken)
    expect(await renewed.session.list()).toMatchObject([{ id: first.sessionId, current: true }])
    expect((await world.actor(second)).sessionId).toBe(first.sessionId)
  })

  test("[SES5] a sign-in merged into its device's session ends with it, and by it", async () => {
    await using world = await openAccountWorld(engine)
    const first = await world.login((await world.register('ann')).user.username, PHONE)
    const second = await world.login('ann', PHONE)
    expect(second.sessionId).toBe(first.sessionId)
    expect((await refresh(world, second.refreshToken)).sessionId).toBe(first.sessionId)
    await (await world.as(second.accessToken)).account.logout()
    for (const { accessToken, refreshToken } of [first, second]) {
      expect(await outcomeOf(world.as(accessToken))).toBe('SESSION_REVOKED')
      expect(await outcomeOf(refresh(world, refreshToken))).toBe('SESSION_REVOKED')
    }
    expect(new Set(world.cutOff).size).toBe(2)
    const third = await world.login('ann', PHONE)
    expect(third.sessionId).not.toBe(first.sessionId)
  })

  test('[SES5] a sign-in that stands for one device gets another session for another', async () => {
    await using world = await openAccountWorld(engine)
    const credentials = await world.register('ann')
    const phone = await (await world.as(credentials.accessToken)).session.create(PHONE)
    const ann = await world.as(credentials.accessToken)
    const desk = await ann.session.create({ deviceId: 'desk' })
    expect(desk.session.id).not.toBe(phone.session.id)
    expect(desk.session.current).toBe(false)
    const again = await ann.session.create({ deviceId: 'desk', platform: 'tv' })
    expect(again.session).toMatchObject({ id: desk.session.id, platform: 'tv', current: false })
    expect(await ann.session.list()).toHaveLength(2)
    expect((await world.auth.redeemTicket(again.ticket, null)).sessionId).toBe(desk.session.id)
  })

  test('[SES5] one device id of two users is two devices', async () => {
    await using world = await openAccountWorld(engine)
    const ann = await world.login((await world.register('ann')).user.username, PHONE)
    const bob = await world.login((await world.register('bob')).user.username, PHONE)
    expect(ann.sessionId).not.toBe(bob.sessionId)
  })

  test('[SES5] a device that signs in many times at once has one session', async () => {
    await using world = await openAccountWorld(engine)
    await world.register('ann')
    const sessions = await Promise.all(Array.from({ length: 10 }, () => world.login('ann', PHONE)))
    expect(new Set(sessions.map(({ sessionId }) => sessionId)).size).toBe(1)
    for (const session of sessions) expect(await outcomeOf(world.actor(session))).toBe('done')
    const { sessions: table } = world.database.tables
    const standing = await world.database.read
      .select()
      .from(table)
      .where(
        and(eq(table.deviceId, PHONE.deviceId), isNull(table.mergedInto), isNull(table.revokedAt)),
      )
    expect(standing).toHaveLength(1)
  })

  test('[SES5] an expired session of a device gives its place to a new one', async () => {
    await using world = await openAccountWorld(engine)
    await world.register('ann')
    const old = await world.login('ann', PHONE)
    await world.age(31 * DAY)
    const renewed = await world.login('ann', PHONE)
    expect(renewed.sessionId).not.toBe(old.sessionId)
    expect(await outcomeOf(world.actor(renewed))).toBe('done')
  })

  test('[SES6] a ticket opens one connection of its session, whichever of many comes first', async () => {
    await using world = await openAccountWorld(engine, { publicUrl: 'https://example.com/app' })
    const credentials = await world.register('ann')
    const { ticket, messagingUrl, expiresAt } = await (
      await world.as(credentials.accessToken)
    ).session.createTicket()
    expect(messagingUrl).toBe(`wss://example.com/app/ws/${ticket}`)
    expect(ticket).toMatch(/^tdt_[\w-]{43}$/)
    expect(expiresAt - (await world.database.now())).toSatisfy(
      (ms: number) => ms > 0 && ms <= 30_000,
    )
    const uses = await Promise.all(
      Array.from({ length: 100 }, () => outcomeOf(world.auth.redeemTicket(ticket, null))),
    )
    expect(uses.filter((use) => use === 'done')).toHaveLength(1)
    expect(uses.filter((use) => use === 'UNAUTHENTICATED')).toHaveLength(99)
  })

  test('[SES6] a ticket is good for 30 seconds, and for nothing else', async () => {
    await using world = await openAccountWorld(engine)
    const ann = await world.as((await world.register('ann')).accessToken)
    const { ticket } = await ann.session.createTicket()
    expect(await outcomeOf(world.auth.authenticate(ticket))).toBe('UNAUTHENTICATED')
    expect(await outcomeOf(refresh(world, ticket))).toBe('UNAUTHENTICATED')
    expect(await outcomeOf(world.auth.redeemTicket('', null))).toBe('UNAUTHENTICATED')
    await world.age(30_000)
    expect(await outcomeOf(world.auth.redeemTicket(ticket, null))).toBe('UNAUTHENTICATED')
  })

  test('[SES6] a ticket that a page asked for is used up, in vain, by another page', async () => {
    await using world = await openAccountWorld(engine)
    const { accessToken } = await world.register('ann')
    const page = await world.as(accessToken, { origin: 'https://app.example' })
    const take = async () => (await page.session.create(PHONE)).ticket
    expect(await outcomeOf(world.auth.redeemTicket(await take(), 'https://app.example'))).toBe(
      'done',
    )
    expect(await outcomeOf(world.auth.redeemTicket(await take(), null))).toBe('ORIGIN_REFUSED')
    const stolen = await take()
    expect(await outcomeOf(world.auth.redeemTicket(stolen, 'https://evil.example'))).toBe(
      'ORIGIN_REFUSED',
    )
    expect(await outcomeOf(world.auth.redeemTicket(stolen, 'https://app.example'))).toBe(
      'UNAUTHENTICATED',
    )
    // Seed 002 gets its ticket by curl and opens it in a browser.
    const { ticket } = await (await world.as(accessToken)).session.createTicket()
    expect(await outcomeOf(world.auth.redeemTicket(ticket, 'https://app.example'))).toBe('done')
  })

  test('[SES6] a ticket ends with its session', async () => {
    await using world = await openAccountWorld(engine)
    const ann = await world.as((await world.register('ann')).accessToken)
    const { ticket } = await ann.session.createTicket()
    await ann.account.logout()
    expect(await outcomeOf(world.auth.redeemTicket(ticket, null))).toBe('SESSION_REVOKED')
  })

  test("[SES7] one ends any session of one's own, once, and nobody else's", async () => {
    await using world = await openAccountWorld(engine)
    const here = await world.register('ann')
    const there = await world.login('ann', { deviceId: 'there' })
    const { sessionKey } = await world.actor(there)
    const ann = await world.as(here.accessToken)
    const bob = await world.as((await world.register('bob')).accessToken)
    const { sessionId } = there
    expect(await outcomeOf(bob.session.revoke({ sessionId }))).toBe('NOT_FOUND')
    expect(await outcomeOf(bob.session.rename({ sessionId, name: 'mine' }))).toBe('NOT_FOUND')
    expect(await outcomeOf(bob.session.revoke({ sessionId: randomUUID() }))).toBe('NOT_FOUND')
    expect(await ann.session.rename({ sessionId, name: ' kitchen ' })).toMatchObject({
      id: sessionId,
      name: 'kitchen',
    })
    await ann.session.revoke({ sessionId })
    expect(world.cutOff).toEqual([sessionKey])
    await ann.session.revoke({ sessionId })
    expect(world.cutOff).toEqual([sessionKey])
    expect(await outcomeOf(world.actor(there))).toBe('SESSION_REVOKED')
    expect(await outcomeOf(ann.session.rename({ sessionId, name: 'x' }))).toBe('NOT_FOUND')
    expect(await ann.session.list()).toMatchObject([{ id: here.sessionId, current: true }])
  })

  test('[SES7] ending all others spares the own session with what is merged into it', async () => {
    await using world = await openAccountWorld(engine)
    await world.register('ann')
    const own = await world.login('ann', PHONE)
    const merged = await world.login('ann', PHONE)
    const others = [
      await world.login('ann'),
      await world.login('ann', { deviceId: 'desk' }),
      await world.login('ann', { deviceId: 'desk' }),
    ]
    const bob = await world.register('bob')
    await (await world.as(merged.accessToken)).session.revokeOthers()
    for (const session of [own, merged, bob])
      expect(await outcomeOf(world.actor(session))).toBe('done')
    for (const session of others)
      expect(await outcomeOf(world.actor(session))).toBe('SESSION_REVOKED')
    // Registration's own, the plain one, the desk and what was merged into the desk.
    expect(new Set(world.cutOff).size).toBe(4)
  })

  test('[SES7] connections are cut off after the end of a session is committed, and not when it fails', async () => {
    await using world = await openAccountWorld(engine)
    const credentials = await world.register('ann')
    const { tx } = world.database
    world.database.tx = (work) =>
      tx(async (inner) => {
        await work(inner)
        throw new Error('the power is cut')
      })
    const ann = await world.as(credentials.accessToken)
    expect(await outcomeOf(ann.account.logout())).toBe('INTERNAL')
    expect(world.cutOff).toEqual([])
    world.database.tx = tx
    expect(await outcomeOf(world.actor(credentials))).toBe('done')
  })

  test('[SES8] a session that is used lives on, 90 days at most; one that is not ends after 30', async () => {
    await using world = await openAccountWorld(engine)
    let used = await world.register('ann')
    const idle = await world.login('ann')
    for (let day = 0; day < 80; day += 20) {
      await world.age(20 * DAY)
      used = await refresh(world, used.refreshToken)
    }
    expect(await outcomeOf(refresh(world, idle.refreshToken))).toBe('SESSION_REVOKED')
    expect(used.refreshTokenExpiresAt - (await world.database.now())).toBeLessThanOrEqual(10 * DAY)
    expect(await outcomeOf(world.actor(used))).toBe('done')
    await world.age(10 * DAY)
    expect(await outcomeOf(refresh(world, used.refreshToken))).toBe('SESSION_REVOKED')
    expect(await outcomeOf(world.actor(used))).toBe('SESSION_REVOKED')
  })

  test("[SES8] its use is noted once a minute, for the device's session too", async () => {
    await using world = await openAccountWorld(engine)
    await world.register('ann')
    await world.login('ann', PHONE)
    const merged = await world.login('ann', PHONE)
    await world.age(59_000)
    const before = await livingSessions(world)
    await world.actor(merged)
    expect(await livingSessions(world)).toEqual(before)
    await world.age(2 * MINUTE)
    const [noted] = await (await world.as(merged.accessToken)).session.list()
    expect(noted?.lastSeenAt).toBeGreaterThan((await world.database.now()) - MINUTE)
    const touched = (await livingSessions(world)).filter(
      ({ lastSeenAt }) => lastSeenAt > Date.now() - MINUTE,
    )
    expect(touched).toHaveLength(2)
  })

  test('[SES8] nothing is noted when the database cannot write, and the call goes on', async () => {
    await using world = await openAccountWorld(engine)
    const credentials = await world.register('ann')
    await world.age(2 * MINUTE)
    const { tx } = world.database
    world.database.tx = () => Promise.reject(new Error('the disk is full'))
    expect(await outcomeOf(world.actor(credentials))).toBe('done')
    world.database.tx = tx
    expect(world.log.join('')).toContain('the use of a session could not be noted')
  })

  test('[SES8] a user has 100 sessions at most: the one used longest ago gives way', async () => {
    await using world = await openAccountWorld(engine)
    const first = await world.register('ann')
    const ann = await world.as((await world.login('ann', PHONE)).accessToken)
    await world.age(1000)
    for (let count = 0; count < 98; count += 1)
      await ann.session.create({ deviceId: `device ${count}` })
    expect(await outcomeOf(world.actor(first))).toBe('done')
    await ann.session.create({ deviceId: 'one more' })
    expect(await livingSessions(world)).toHaveLength(100)
    expect(world.cutOff).toHaveLength(1)
    expect(await outcomeOf(world.actor(first))).toBe('SESSION_REVOKED')
  })

  test('[SES9] the database holds no secret that could be used, only digests', async () => {
    await using world = await openAccountWorld(engine)
    const credentials = await world.register('ann')
    const { ticket } = await (await world.as(credentials.accessToken)).session.create(PHONE)
    const renewed = await refresh(world, credentials.refreshToken)
    const { users, sessions, refreshTokens, tickets } = world.database.tables
    const dump = JSON.stringify(
      await Promise.all(
        [users, sessions, refreshTokens, tickets].map((table) =>
          world.database.read.select().from(table),
        ),
      ),
    )
    const secrets = [
      PASSWORD,
      ticket,
      credentials.refreshToken,
      renewed.refreshToken,
      renewed.accessToken,
    ]
    for (const secret of secrets) expect(dump.includes(secret.replace(/^td[rt]_/, ''))).toBe(false)
    expect(world.log.join('')).toBe('')
  })

  test('[SES8] what ended long ago is forgotten, with everything that belonged to it, and nothing else', async () => {
    await using world = await openAccountWorld(engine)
    const old = await world.register('ann')
    const { sessionKey } = await world.actor(old)
    await (await world.as(old.accessToken)).session.createTicket()
    const { deviceCursors, tickets, refreshTokens, sessions } = world.database.tables
    await world.database.tx(async (tx) => {
      await tx.insert(deviceCursors).values({ sessionKey, streamKey: 1, seq: 1, tag: 1 })
    })
    await world.age(31 * DAY)
    const living = await world.login('ann')
    await (await world.as(living.accessToken)).session.createTicket()
    expect(await sweepSessions(world.deps, breaths())).toBe(0)
    expect(await world.database.read.$count(tickets)).toBe(1)
    expect(await world.database.read.$count(refreshTokens)).toBe(1)
    await world.age(29.5 * DAY)
    expect(await sweepSessions(world.deps, breaths())).toBe(1)
    expect(await world.database.read.$count(sessions)).toBe(1)
    expect(await world.database.read.$count(deviceCursors)).toBe(0)
    expect(await outcomeOf(refresh(world, living.refreshToken))).toBe('done')
    expect(await outcomeOf(world.actor(old))).toBe('SESSION_REVOKED')
  })

  test('[SES8] however much ended long ago, one sweep forgets it, in slices between which others come', async () => {
    await using world = await openAccountWorld(engine)
    const old = await world.register('ann')
    const { database } = world
    const { sessionKey, userKey } = await world.actor(old)
    const { tickets, sessions } = database.tables
    const insertTickets = prepareInsert(database, tickets)
    const ended = { createdAt: 1, lastSeenAt: 1, expiresAt: 1 }
    await database.tx(async (tx) => {
      await insertTickets(
        tx,
        [...names('ticket', 5001)].map((digest) => ({ digest, sessionKey, ...ended })),
      )
      await tx
        .insert(sessions)
        .values([...names('session', 2001)].map((id) => ({ id, userKey, ...ended })))
    })
    // A server that closes waits for the page that is under way, and begins no other, of no table.
    expect(await sweepSessions(world.deps, breaths(0))).toBe(0)
    expect(await database.read.$count(tickets)).toBe(5001)
    expect(await sweepSessions(world.deps, breaths(1))).toBe(0)
    expect(await database.read.$count(tickets)).toBe(3001)
    expect(await sweepSessions(world.deps, breaths())).toBe(2001)
    expect(await database.read.$count(tickets)).toBe(0)
    expect(await database.read.$count(sessions)).toBe(1)
  })
})

function* names(begin: string, many: number): Generator<string> {
  for (let at = 0; at < many; at += 1) yield `${begin}-${at}`
}
