import { updateProfileSchema } from '@tidings/protocol'
import { expect, test } from 'vitest'
import { getMe } from '../../src/services/account.ts'
import { acceptContact, requestContact } from '../../src/services/contact.ts'
import { openConversation } from '../../src/services/conversation.ts'
import { listGroupMembers } from '../../src/services/group/list-members.ts'
import { updatePrivacy, updateProfile } from '../../src/services/profile.ts'
import { getUser, listUsers } from '../../src/services/user.ts'
import { describeEngines } from '../support/databases.ts'
import { eventsOf, openWorld } from './conversation-world.ts'

const PROFILE = {
  displayName: 'Ann the first',
  firstName: 'Ann',
  lastName: 'Archer',
  about: 'one\ntwo',
  avatarUrl: 'https://example.org/ann.png',
}

describeEngines('profiles', (engine) => {
  test('[PPL1] one gives and takes back what one tells of oneself', async () => {
    await using world = await openWorld(engine, ['ann'])
    const { ann } = world.users
    const before = await getMe(world.deps, ann)
    expect(await updateProfile(world.deps, ann, PROFILE)).toEqual({ ...before, ...PROFILE })
    expect(await getMe(world.deps, ann)).toEqual({ ...before, ...PROFILE })
    const { about: _, ...rest } = { ...PROFILE, displayName: 'Ann' }
    expect(await updateProfile(world.deps, ann, { displayName: 'Ann', about: null })).toEqual({
      ...before,
      ...rest,
    })
  })

  test('[PPL1] a link is http or https, and texts are texts', () => {
    const problems = [
      { avatarUrl: 'javascript:alert(1)' },
      { avatarUrl: 'ftp://example.org/a.png' },
      { avatarUrl: 'https://' },
      { avatarUrl: 'https://example.org/a b' },
      { avatarUrl: `https://example.org/${'a'.repeat(2048)}` },
      { about: 'bell \u0007' },
      { about: ' ' },
      { about: 'a'.repeat(501) },
      { displayName: 'two\nlines' },
      { displayName: '' },
    ]
    for (const input of problems)
      expect(updateProfileSchema.safeParse(input).success, JSON.stringify(input)).toBe(false)
    expect(updateProfileSchema.parse({ ...PROFILE, firstName: null })).toEqual({
      ...PROFILE,
      firstName: null,
    })
  })

  test('[PPL2] others see the name to show, picture and text; contacts first and last name as well', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    const { deps } = world
    await updateProfile(deps, ann, PROFILE)
    const { firstName, lastName, ...open } = PROFILE
    const shown = { id: ann.userId, username: 'ann', ...open }
    expect(await getUser(deps, bob, { username: 'Ann' })).toEqual(shown)
    await requestContact(deps, ann, { userId: bob.userId })
    expect(await getUser(deps, bob, { userId: ann.userId })).toEqual(shown)
    await acceptContact(deps, bob, { userId: ann.userId })
    const close = { ...shown, firstName, lastName }
    expect(await getUser(deps, bob, { userId: ann.userId })).toEqual(close)
    const unknown = '00000000-0000-4000-8000-000000000000'
    const userIds = [bob.userId, unknown, ann.userId, bob.userId]
    expect(await listUsers(deps, bob, { userIds })).toEqual([
      { id: bob.userId, username: 'bob' },
      close,
    ])
    const conversation = await openConversation(deps, bob, { userId: ann.userId })
    const { displayName, avatarUrl } = PROFILE
    expect(conversation.peer).toEqual({ id: ann.userId, username: 'ann', displayName, avatarUrl })
    const members = await listGroupMembers(deps, bob, { conversationId: conversation.id, limit: 5 })
    expect(members.items).toMatchObject([{ displayName, avatarUrl }, { username: 'bob' }])
  })

  test('[PPL3] a change is told to the own devices alone, and only when something differs', async () => {
    await using world = await openWorld(engine, ['ann', 'bob'])
    const { ann, bob } = world.users
    await openConversation(world.deps, ann, { userId: bob.userId })
    for (const _ of [1, 2]) await updateProfile(world.deps, ann, PROFILE)
    for (const _ of [1, 2]) await updatePrivacy(world.deps, ann, { presenceFor: 'nobody' })
    const toldOf = async ({ userId }: { userId: string }) =>
      (await eventsOf(world, `u:${userId}`)).filter(({ type }) => type === 'user.updated')
    expect((await toldOf(ann)).map(({ body }) => body)).toEqual([
      { userId: ann.userId },
      { userId: ann.userId },
    ])
    expect(await toldOf(bob)).toEqual([])
    expect(await getMe(world.deps, ann)).toMatchObject({ presenceFor: 'nobody' })
  })
})
