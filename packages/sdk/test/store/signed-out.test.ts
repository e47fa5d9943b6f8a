import type { Member } from '@tidings/protocol/wire'
import { expect, test } from 'vitest'
import { memoryStorage } from '../../src/index.ts'
import { CONVERSATION, openScene } from '../support/fake-client.ts'
import { settle } from '../support/fake-clock.ts'

test('[STO3] members that come once their reader has signed out are neither shown nor kept', async () => {
  const storage = memoryStorage()
  const { client, server, clock } = openScene({ storage })
  server.on('conversation.list', () => ({ items: [], next: null }))
  server.on('account.logout', () => undefined)
  let answer: (page: { items: Member[]; next: null }) => void = () => undefined
  server.on('group.listMembers', () => new Promise((resolve) => (answer = resolve)))
  void client.connect()
  await clock.advance(0)
  await settle()
  const members = client.store.members(CONVERSATION)
  members.subscribe(() => undefined)
  await settle()
  expect(server.callsOf('group.listMembers')).toHaveLength(1)
  await client.account.logout()
  const marks = { role: 'member', joinedAt: 1, deliveredSeq: 0, readSeq: 0 } as const
  answer({ items: [{ userId: 'id-of-bob', username: 'bob', ...marks }], next: null })
  await settle()
  expect(members.get()).toEqual([])
  expect(await storage.read({ from: '', to: '~' })).toEqual([])
})
