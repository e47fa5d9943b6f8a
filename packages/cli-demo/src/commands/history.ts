import { LIMITS, type ListMessagesInput, type TidingsClient } from '@tidings/sdk'
import type { Command, Shape } from '../cli/command.ts'
import { usage } from '../cli/failure.ts'
import { messageLine } from '../words/message-words.ts'
import { conversationIdOf, Names } from './references.ts'

/** A message, as the server gives it. */
const MESSAGE: Shape = {
  what: 'a message',
  fields: [
    ...['id', 'conversationId', 'seq', 'senderId', 'clientMessageId', 'body', 'createdAt'],
    ...['editedAt', 'replyTo', 'mentions', 'reactions'],
  ],
}

interface Range {
  readonly conversationId: string
  readonly before: number | undefined
  readonly after: number | undefined
  readonly limit: number
}

type Messages = Awaited<ReturnType<TidingsClient['message']['list']>>['items']

/** `tidings history` */
export const history: Command = {
  name: 'history',
  summary: 'show messages, oldest first',
  args: [{ name: 'conversation', about: 'its id, @user, or a group’s name' }],
  options: [
    { flags: '--before <seq>', about: 'the messages before this one' },
    { flags: '--after <seq>', about: 'the messages after this one' },
    { flags: '--limit <n>', about: 'how many (20)' },
    { flags: '--all', about: 'all of them, from the beginning' },
  ],
  examples: [
    'history @bob',
    'history Lunch --before 120 --limit 50',
    'history Lunch --all --json > lunch.jsonl',
  ],
  notes:
    'The newest messages, unless told otherwise. Page back with --before and the first number that was shown, forward with\n--after and the last one.',
  shapes: [MESSAGE],
  async run(call) {
    const { client, arg, options, out } = call
    const [before, after, limit] = [
      options.count('before'),
      options.count('after', 0),
      options.count('limit'),
    ]
    const all = options.flag('all')
    if (all && limit !== undefined) throw usage('--all and --limit exclude each other.')
    const conversationId = await conversationIdOf(client(), arg('conversation'))
    const range = { conversationId, before, after, limit: all ? Infinity : (limit ?? 20) }
    const names = new Names(client())
    for await (const messages of pagesOf(client(), range)) {
      for (const message of messages) {
        const sender = out.json ? '' : await names.of(message.senderId)
        out.result(toLine(message), messageLine(message, sender, out.paint))
      }
    }
  },
}

/** With every field, whatever the message has: a script reads each line alike. */
function toLine(message: Messages[number]) {
  return { replyTo: null, mentions: [], reactions: [], ...message }
}

/** Pages in the order of reading: forwards from `after` or the beginning, or the last ones before `before`. */
function pagesOf(client: TidingsClient, range: Range): AsyncGenerator<Messages> {
  return range.after === undefined && range.limit !== Infinity
    ? lastPages(client, range)
    : nextPages(client, range)
}

async function* nextPages(client: TidingsClient, range: Range): AsyncGenerator<Messages> {
  const { conversationId, before = Infinity } = range
  let after = range.after ?? 0
  let left = range.limit
  for (;;) {
    const page = await client.message.list({ conversationId, after, limit: pageSize(left) })
    const messages = ascending(page.items).filter(({ seq }) => seq < before)
    yield messages
    left -= messages.length
    const last = messages.at(-1)
    if (
      page.next === null ||
      left <= 0 ||
      last === undefined ||
      messages.length < page.items.length
    )
      return
    after = last.seq
  }
}

/** Gathered backwards, told forwards. */
async function* lastPages(client: TidingsClient, range: Range): AsyncGenerator<Messages> {
  const { conversationId } = range
  const pages: Messages[] = []
  let { before, limit: left } = range
  for (;;) {
    const input: ListMessagesInput = { conversationId, before, limit: pageSize(left) }
    const { items, next } = await client.message.list(input)
    pages.unshift(ascending(items))
    left -= items.length
    before = pages[0]?.[0]?.seq
    if (next === null || left <= 0 || before === undefined) break
  }
  yield* pages
}

function pageSize(left: number): number {
  return Math.min(left, LIMITS.pageSize)
}

function ascending(messages: Messages): Messages {
  return messages.toSorted((one, other) => one.seq - other.seq)
}
