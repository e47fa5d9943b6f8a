import { setImmediate } from 'node:timers/promises'
import { LIMITS } from '@tidings/protocol/wire'
import { describe, expect, test } from 'vitest'
import { openConversation } from '../../src/services/conversation.ts'
import { joinGroup } from '../../src/services/group/join.ts'
import { leaveGroup } from '../../src/services/group/leave.ts'
import { hideConversation } from '../../src/services/own-view.ts'
import { hideMessage } from '../../src/services/message-hiding.ts'
import { deleteMessage, editMessage } from '../../src/services/message-change.ts'
import { sendMessage } from '../../src/services/message.ts'
import { SearchIndexer } from '../../src/services/search/indexer.ts'
import { excerptOf } from '../../src/services/search/excerpt.ts'
import { findTerms, termsOf } from '../../src/services/search/words.ts'
import { describeEngines } from '../support/databases.ts'
import { codeOf } from './conversation-world.ts'
import { newGroup } from './group-calls.ts'
import { index, many, openPeople, say, search, textsOf } from './search-world.ts'

/** What is said in it, in this order, and who asks for what finds which. */
const CORPUS = [
  'Lunch at noon?',
  'ÇA VA? La Straße ist naß',
  '漢字かな交じり文',
  'ガスとバス',
  'concatenate the categories',
  'e\u0301te\u0301 and ΟΔΟΣ',
  'ﬁre 12.5 don’t',
  'ภาษาไทย',
  '한국어 텍스트',
  'foo_bar https://example.org/noon',
  'a⑴b ½ ﷺ',
  `か${'\u3099'.repeat(3000)}たち`,
  "it's 'x':* & !y | \\z",
] as const
const QUESTIONS: readonly (readonly [query: string, found: readonly number[]])[] = [
  ['noon', [9, 0]],
  ['LUN noo', [0]],
  ['ca strasse', [1]],
  ['nass', [1]],
  ['字か', [2]],
  ['字な', []],
  ['文', [2]],
  ['バス', [3]],
  ['ハス', []],
  ['cat', [4]],
  ['conc CATEG', [4]],
  ['tenate', []],
  ['éte', [5]],
  ['οδοσ', [5]],
  ['fir', [6]],
  ['12', [10, 6]],
  ['ษาไ', [7]],
  ['한국', [8]],
  ['bar', [9]],
  ['t', [6]],
  ['lunch cat', []],
  ['"%_\\ *', []],
  ['', []],
  ['a⑴b', [10]],
  ['ﷺ', [10]],
  ['がた', [11]],
  ['x', [12]],
  ["it's", [12]],
  ['y | lunch', []],
  ['NEAR(a b)', []],
  ['tokens:foo', []],
  ['tokens foo', []],
  ['bar -foo', [9]],
  ['{foo} ^bar* OR nothing', []],
  ["foo':* & 'bar", [9]],
  ['fo\uD800o', []],
  ['漢'.repeat(256), []],
  ['a b c d e f g h i j k l m n o p', []],
]

describeEngines('search', (engine) => {
  test('[SEA1] both engines find the same: words by their beginnings, without case and accents, and parts of scripts without spaces', async () => {
    await using world = await openPeople(engine)
    const { ann, bob } = world.users
    const { id } = await openConversation(world.deps, ann, { userId: bob.userId })
    await say(world, ann, id, ...CORPUS)
    await index(world)
    const found: unknown[] = []
    for (const [query] of QUESTIONS) found.push([query, textsOf(await search(world, bob, query))])
    expect(found).toEqual(
      QUESTIONS.map(([query, indexes]) => [query, indexes.map((at) => CORPUS[at])]),
    )
  })

  test('[SEA2] one finds what one may see and nothing else, also of groups that one has left and of times when one was away', async () => {
    await using world = await openPeople(engine)
    const { ann, bob, cat } = world.users
    const { id } = await newGroup(world, [ann, bob], { joinPolicy: 'open' })
    await say(world, ann, id, 'word one')
    await leaveGroup(world.deps, bob, { conversationId: id })
    await say(world, ann, id, 'word two')
    await joinGroup(world.deps, bob, { conversationId: id })
    await joinGroup(world.deps, cat, { conversationId: id })
    await say(world, ann, id, 'word three')
    await leaveGroup(world.deps, cat, { conversationId: id })
    await say(world, ann, id, 'word four')
    const { id: direct } = await openConversation(world.deps, ann, { userId: cat.userId })
    await say(world, cat, direct, 'word five')
    await index(world)
    // In no order: two conversations may have messages of one millisecond.
    const found = async (who: typeof ann) => textsOf(await search(world, who, 'word')).toSorted()
    expect(await found(ann)).toEqual([
      ...['word five', 'word four', 'word one', 'word three', 'word two'],
    ])
    expect(await found(bob)).toEqual(['word four', 'word one', 'word three'])
    expect(await found(cat)).toEqual(['word five', 'word three'])
    await hideConversation(world.deps, ann, { conversationId: id, seq: 1 })
    expect(textsOf(await search(world, ann, 'word'))).not.toContain('word one')
    const [hidden = ''] = await say(world, ann, id, 'word six')
    await index(world)
    await hideMessage(world.deps, bob, { conversationId: id, messageId: hidden })
    expect(textsOf(await search(world, bob, 'six'))).toEqual([])
    expect(textsOf(await search(world, ann, 'six'))).toEqual(['word six'])
    expect(await codeOf(search(world, bob, 'word', { conversationId: direct }))).toBe('NOT_FOUND')
    expect(textsOf(await search(world, ann, 'word', { conversationId: direct }))).toEqual([
      'word five',
    ])
  })

  test('[SEA3] what is narrowed down by sender, time and kind, and page by page, each is found once', async () => {
    await using world = await openPeople(engine)
    const { ann, bob } = world.users
    const { id } = await openConversation(world.deps, ann, { userId: bob.userId })
    const texts = Array.from({ length: 25 }, (_, at) => `number ${at}`)
    await say(world, ann, id, ...texts)
    await say(world, bob, id, 'number of bob')
    const poll = { kind: 'my-poll', data: { question: 'Which number?', options: [1, 'none'] } }
    await sendMessage(world.deps, bob, { conversationId: id, body: poll })
    await index(world)
    const pages: string[][] = []
    let cursor: string | null | undefined
    for (let at = 0; cursor !== null; at += 1) {
      const page = await search(world, bob, 'number', { limit: 10, cursor })
      pages.push(textsOf(page))
      cursor = page.next
    }
    expect(pages.flat()).toEqual(['my-poll', 'number of bob', ...texts.toReversed()])
    const only = async (more: object) => textsOf(await search(world, ann, 'number', more))
    expect(await only({ senderId: bob.userId })).toEqual(['my-poll', 'number of bob'])
    expect(await only({ kind: 'my-poll' })).toEqual(['my-poll'])
    expect(await only({ senderId: ann.userId, kind: 'my-poll' })).toEqual([])
    const { items: hits } = await search(world, ann, 'number', { limit: 50 })
    const middle = hits[12]?.message.createdAt ?? 0
    const before = hits.filter(({ message }) => message.createdAt < middle).length
    expect(await only({ until: middle, limit: 50 })).toHaveLength(before)
    expect(await only({ since: middle, limit: 50 })).toHaveLength(hits.length - before)
    expect(await codeOf(search(world, ann, 'number', { cursor: 'x' }))).toBe('INVALID_INPUT')
    const many = Array.from({ length: LIMITS.searchWords + 1 }, (_, at) => `w${at}`).join(' ')
    expect(await codeOf(search(world, ann, many))).toBe('INVALID_INPUT')
  })

  test('[SEA4] what is deleted is not found any more, and what is edited by what it says now, from the moment in which it is answered', async () => {
    await using world = await openPeople(engine)
    const { ann, bob } = world.users
    const { id: conversationId } = await openConversation(world.deps, ann, { userId: bob.userId })
    const [gone = '', changed = ''] = await say(world, ann, conversationId, 'apple', 'apple pie')
    await index(world)
    expect(textsOf(await search(world, bob, 'apple'))).toEqual(['apple pie', 'apple'])
    await deleteMessage(world.deps, ann, { conversationId, messageId: gone })
    const body = { kind: 'text', text: 'cherry pie' } as const
    await editMessage(world.deps, ann, { conversationId, messageId: changed, body })
    expect(textsOf(await search(world, bob, 'apple'))).toEqual([])
    expect(textsOf(await search(world, bob, 'pie'))).toEqual(['cherry pie'])
    await index(world)
    expect(textsOf(await search(world, bob, 'cherry'))).toEqual(['cherry pie'])
    const { searchDocuments } = world.database.tables
    const documents = await world.database.read
      .select({ tokens: searchDocuments.tokens })
      .from(searchDocuments)
    expect(documents).toHaveLength(1)
    expect(documents[0]?.tokens).not.toMatch(/apple/)
  })

  test('[SEA5] the index comes behind the commits and says so, goes on where it was, and several nodes do each part once', async () => {
    await using world = await openPeople(engine)
    const { ann, bob } = world.users
    const ids: string[] = []
    for (const user of [bob, world.users.cat])
      ids.push((await openConversation(world.deps, ann, { userId: user.userId })).id)
    for (const id of ids) await many(120, (at) => say(world, ann, id, `word ${at}`))
    expect(await search(world, ann, 'word')).toMatchObject({ items: [], upToDate: false })
    let left = 1
    await new SearchIndexer(world.deps).run({
      get ended() {
        return left < 0
      },
      take: async () => void (left -= 1),
    })
    expect(await search(world, ann, 'word')).toMatchObject({ upToDate: false })
    await Promise.all([index(world), index(world), index(world)])
    expect(await search(world, ann, 'word')).toMatchObject({ upToDate: true })
    const { searchDocuments } = world.database.tables
    const rows = await world.database.read
      .select({ seq: searchDocuments.seq })
      .from(searchDocuments)
    expect(rows).toHaveLength(240)
  })
})

describeEngines('what is said and asked to break it', (engine) => {
  test('[SEA2] [SEA3] of more conversations than the index is asked for one by one each is found, and nothing of others', async () => {
    await using world = await openPeople(engine)
    const { ann, bob, cat } = world.users
    await many(260, async (at) => {
      const { id } = await newGroup(world, at % 2 === 0 ? [ann, bob] : [ann, cat], {})
      await say(world, ann, id, `word ${at}`)
    })
    await index(world)
    expect((await search(world, ann, 'word', { limit: 50 })).items).toHaveLength(50)
    expect(textsOf(await search(world, ann, 'word 7'))).toContain('word 7')
    expect(textsOf(await search(world, bob, 'word 7', { limit: 50 }))).not.toContain('word 7')
    expect(textsOf(await search(world, cat, 'word 7', { limit: 50 }))).toContain('word 7')
  }, 60_000)

  test('[SEA1] [SEA3] images and videos are found by what stands beside them, and not by their links', async () => {
    await using world = await openPeople(engine)
    const { ann, bob } = world.users
    const { id: conversationId } = await openConversation(world.deps, ann, { userId: bob.userId })
    const url = 'https://example.org/harbour'
    const image = { kind: 'image', url, width: 3, height: 2, caption: 'At the lake' } as const
    const video = { kind: 'video', url, length: 3, source: 'other' } as const
    const sent = await sendMessage(world.deps, ann, { conversationId, body: image })
    const replyTo = 'messageId' in sent ? sent.messageId : ''
    await sendMessage(world.deps, ann, { conversationId, body: video })
    const body = { kind: 'text', text: 'which lake?' } as const
    await sendMessage(world.deps, bob, { conversationId, body, replyTo, mentions: [ann.userId] })
    await index(world)
    expect(textsOf(await search(world, bob, 'lake'))).toEqual(['which lake?', 'image'])
    expect(textsOf(await search(world, bob, 'lake', { kind: 'image' }))).toEqual(['image'])
    expect(textsOf(await search(world, bob, 'harbour'))).toEqual([])
    const [hit] = (await search(world, ann, 'which')).items
    expect(hit?.message).toMatchObject({ replyTo: { messageId: replyTo }, mentions: [ann.userId] })
  })

  test('[SEA3] a page of long messages in which nothing is found ends before all were looked through, and others are served meanwhile', async () => {
    await using world = await openPeople(engine)
    const { ann, bob } = world.users
    const { id } = await openConversation(world.deps, ann, { userId: bob.userId })
    // Found by its pairs, and not what is asked for.
    const long = `${'a '.repeat(8000)}漢字字か`
    await say(world, ann, id, '漢字か', ...Array.from({ length: 45 }, () => long))
    await index(world)
    let turns = 0
    let isOver = false
    const others = (async () => {
      for (; !isOver; turns += 1) await setImmediate()
    })()
    const first = await search(world, bob, '漢字か', { limit: 50 })
    isOver = true
    await others
    expect(first.items).toEqual([])
    expect(turns).toBeGreaterThan(20)
    const second = await search(world, bob, '漢字か', { limit: 50, cursor: first.next })
    expect([textsOf(second), second.next]).toEqual([['漢字か'], null])
  })

  test('[SEA4] a message that is deleted while a node looks at it leaves no word behind', async () => {
    await using world = await openPeople(engine)
    const { ann, bob } = world.users
    const { id: conversationId } = await openConversation(world.deps, ann, { userId: bob.userId })
    const ids = await say(world, ann, conversationId, ...Array.from({ length: 8 }, () => 'apple'))
    const deletions = ids.map((messageId) =>
      deleteMessage(world.deps, ann, { conversationId, messageId }),
    )
    const looks = [1, 2].map(() => index(world))
    await Promise.all(deletions)
    const { searchDocuments } = world.database.tables
    expect(await world.database.read.select().from(searchDocuments)).toEqual([])
    await Promise.all(looks)
    expect(await world.database.read.select().from(searchDocuments)).toEqual([])
  })
})

describe('excerpts', () => {
  const shown = (text: string, query: string) => {
    const excerpt = excerptOf(text, findTerms(text, termsOf(query)) ?? [])
    return excerpt.ranges.map(({ from, to }) => excerpt.text.slice(from, to))
  }

  test('[SEA6] ranges are those of the letters as they stand there, in order and apart', () => {
    expect(shown('Ça va, la Straße', 'strasse ca')).toEqual(['Ça', 'Straße'])
    expect(shown('e\u0301te\u0301!', 'ete')).toEqual(['e\u0301te\u0301'])
    expect(shown('漢字漢字', '漢字')).toEqual(['漢字漢字'])
    expect(shown('the ﬁre', 'fi')).toEqual(['ﬁ'])
    expect(shown('catalogue of cats', 'cat cats')).toEqual(['cat', 'cats'])
  })

  test('[SEA6] in a script without spaces a word is found wherever it begins, also within itself', () => {
    const found = (text: string, query: string) => findTerms(text, termsOf(query))
    expect(found('漢漢字漢漢漢字', '漢漢字')).toEqual([
      { from: 0, to: 3 },
      { from: 4, to: 7 },
    ])
    expect(found('字漢字漢字漢', '漢字漢')).toEqual([{ from: 1, to: 6 }])
    expect(found('漢漢字', '漢漢漢')).toBeUndefined()
    expect(found('漢'.repeat(5000), '漢'.repeat(256))).toEqual([{ from: 0, to: 5000 }])
  })

  test('[SEA6] of a long text the part around what was found is shown, and no character is cut in two', () => {
    const text = `${'🙂'.repeat(100)} needle ${'🙃'.repeat(300)}`
    const excerpt = excerptOf(text, findTerms(text, termsOf('needle')) ?? [])
    expect(excerpt).toMatchObject({ atStart: false, atEnd: false })
    expect(excerpt.text.length).toBeLessThan(260)
    expect(excerpt.text).not.toMatch(/\p{Cs}/u)
    expect(shown(text, 'needle')).toEqual(['needle'])
  })
})
