import { expect, test } from 'vitest'
import { httpClient } from '../contract/person.ts'
import { administrator, outcomeOf, resident, verifiedApp } from '../pages/resident.ts'
import { describeEngines } from '../support/databases.ts'
import { isClosed, liveSocket } from './live-socket.ts'
import { OAuthWorld } from './world.ts'

describeEngines('rights that are taken', (engine) => {
  test('[OAU14] a consent to less ends what the client has open; one to more does not', async () => {
    await using world = await OAuthWorld.open(engine)
    const ann = await world.person('ann')
    const own = httpClient(world.url, ann.accessToken)
    const { id } = await own.group.create.mutate({ name: 'inside', userIds: [] })
    const client = await world.client()
    const wide = await world.tokens(client, ann)
    await using socket = await liveSocket(world, wide.access)
    const { auth } = world.deps
    await world.tokens(client, ann)
    expect(await outcomeOf(auth.authenticate(wide.access))).toBe('done')
    const limited = await world.tokens(client, ann, { conversationIds: [id] })
    expect(await outcomeOf(auth.authenticate(wide.access))).toBe('SESSION_REVOKED')
    await isClosed(socket)
    await world.tokens(client, ann)
    expect(await outcomeOf(auth.authenticate(limited.access))).toBe('done')
    await world.tokens(client, ann, { conversationIds: [] })
    expect(await outcomeOf(auth.authenticate(limited.access))).toBe('SESSION_REVOKED')
  })

  test('[OAU14] with the approval of a client everything ends that it has open', async () => {
    await using world = await OAuthWorld.open(engine)
    const creator = await resident(world, 'ann')
    const reviewer = await administrator(world, 'rev')
    const user = await resident(world, 'bob')
    const { clientId, secret } = await verifiedApp({ creator, reviewer })
    await reviewer.call.admin.setClientScopes({ clientId, scopes: ['messages:read'] })
    const grantTypes = ['authorization_code', 'client_credentials'] as const
    await creator.call.oauth.updateClient({ clientId, grantTypes: [...grantTypes] })
    const basic = `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`
    const client = { ...(await world.client()), id: clientId, secret, basic }
    const { access } = await world.tokens(client, user)
    await using socket = await liveSocket(world, access)
    const form = { grant_type: 'client_credentials' }
    const service = String((await world.token(client, form)).body['access_token'])
    await creator.call.oauth.updateClient({ clientId, name: 'Your Bank' })
    await isClosed(socket)
    const { auth } = world.deps
    expect(await outcomeOf(auth.authenticate(access))).toBe('SESSION_REVOKED')
    const { body } = await world.token(client, form)
    const asked = await world.post(
      '/oauth/introspect',
      { token: service },
      { authorization: basic },
    )
    expect(asked.body).toEqual({ active: false })
    const [review] = (await reviewer.call.admin.listReviews({})).items
    const reviewId = review?.id ?? ''
    await reviewer.call.admin.decideReview({ reviewId, decision: 'reject', answer: 'No.' })
    const token = String(body['access_token'])
    const after = await world.post('/oauth/introspect', { token }, { authorization: basic })
    expect(after.body).toEqual({ active: false })
  })
})
