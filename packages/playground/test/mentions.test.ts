import { expect, test } from 'vitest'
import { mentionedIn } from '../src/views/beside.ts'
import type { ConversationParts } from '../src/views/parts.ts'

test('[PLG10] who is named with an @ is mentioned, however his name is written and whatever follows it', () => {
  const members = ['ann', 'José', 'anna'].map((username) => ({ username, userId: username }))
  const client = { store: { members: () => ({ get: () => members }) } }
  // Nothing else of a conversation is looked at.
  const parts = { person: { client }, conversationId: 'one' } as unknown as ConversationParts
  expect(mentionedIn(parts, `@ANN, and @${'josé'.normalize('NFD')}!`)).toEqual(['ann', 'José'])
  expect(mentionedIn(parts, `@${'JOSÉ'.normalize('NFD')}`)).toEqual(['José'])
  expect(mentionedIn(parts, 'ann@ @joseph')).toEqual([])
})
