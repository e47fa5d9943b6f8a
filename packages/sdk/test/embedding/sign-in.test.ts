import { expect, test } from 'vitest'
import { createServer } from '@tidings/server'
import { createTestPlace } from '../../../server/test/support/databases.ts'
import { createClient } from '../../src/index.ts'

async function openApp(registration: 'open' | 'closed' = 'closed') {
  const place = await createTestPlace('sqlite')
  const tidings = createServer({
    databaseUrl: place.url,
    port: 0,
    registration,
    logLevel: 'silent',
  })
  const { url } = await tidings.listen()
  return {
    tidings,
    url,
    async [Symbol.asyncDispose]() {
      await tidings.close()
      await place[Symbol.asyncDispose]()
    },
  }
}

test('[EMB2] an app signs its own users in, and their clients use its tokens', async () => {
  await using app = await openApp()
  const people = ['ann', 'bob'].map((username) =>
    createClient({
      url: app.url,
      accessToken: async () => (await app.tidings.signIn({ username })).accessToken,
    }),
  )
  const [ann, bob] = people
  if (ann === undefined || bob === undefined) throw new Error('nobody')
  try {
    await Promise.all(people.map((person) => person.connect()))
    expect(ann.store.user.get()).toEqual({ id: ann.userId, username: 'ann' })
    const heard = new Promise((resolve) => bob.on('message.created', resolve))
    const { id } = await ann.conversation.open({ username: 'bob' })
    await ann.message.send({ conversationId: id, body: { kind: 'text', text: 'hello' } })
    expect(await heard).toMatchObject({ body: { message: { body: { text: 'hello' } } } })
  } finally {
    await Promise.all(people.map((person) => person.close()))
  }
})

test('[EMB2] the account is made once, however many sign in at once, and a device keeps its session', async () => {
  await using app = await openApp()
  const device = { deviceId: 'laptop' }
  const all = await Promise.all(
    Array.from({ length: 5 }, () => app.tidings.signIn({ username: 'ann', device })),
  )
  expect(new Set(all.map(({ user }) => user.id)).size).toBe(1)
  expect(new Set(all.map(({ sessionId }) => sessionId)).size).toBe(1)
})

test('[EMB2] no password opens such an account, and nobody registers beside the app', async () => {
  await using app = await openApp()
  await app.tidings.signIn({ username: 'ann' })
  const stranger = createClient({ url: app.url })
  try {
    await expect(
      stranger.account.login({ login: 'ann', password: 'correct horse' }),
    ).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS' })
    await expect(
      stranger.account.register({ username: 'eve', password: 'correct horse' }),
    ).rejects.toMatchObject({ code: 'REGISTRATION_CLOSED' })
  } finally {
    await stranger.close()
  }
})

test('[EMB2] a name that only looks like another user’s is refused, and so is one that is no name', async () => {
  await using app = await openApp()
  await app.tidings.signIn({ username: 'ann' })
  await expect(app.tidings.signIn({ username: 'Ann' })).rejects.toMatchObject({
    code: 'USERNAME_TAKEN',
  })
  for (const username of ['', 'ann@example.org', 'a'.repeat(33)])
    await expect(app.tidings.signIn({ username })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
})

test('[EMB2] where strangers can register, the app cannot sign in without a password', async () => {
  await using app = await openApp('open')
  await expect(app.tidings.signIn({ username: 'ann' })).rejects.toThrow("registration: 'closed'")
})
