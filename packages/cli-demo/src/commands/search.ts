import type { SearchExcerpt, TidingsClient } from '@tidings/sdk'
import type { Call, Command } from '../cli/command.ts'
import type { Output } from '../cli/output.ts'
import { safeLine } from '../words/safe-text.ts'
import { dateAndTime } from '../words/times.ts'
import { readTime } from '../words/when.ts'
import { everyItem, firstOf } from './pages.ts'
import { conversationIdOf, findUser, Names } from './references.ts'

/** `tidings search` */
export const search: Command = {
  name: 'search',
  summary: 'search the messages that you may see, newest first',
  args: [{ name: 'words', about: 'each must be found, by its beginning', many: true }],
  options: [
    { flags: '--in <conversation>', about: 'in this conversation only' },
    { flags: '--from <user>', about: 'only what this user has said' },
    {
      flags: '--since <time>',
      about: 'from then on: 2h, 2026-11-21, 2026-11-21T09:00, or milliseconds',
    },
    { flags: '--until <time>', about: 'before then' },
    { flags: '--limit <n>', about: 'at most so many (default: 20)' },
  ],
  examples: ['search lunch', 'search noon --in @bob --since 2026-11-01 --json'],
  shapes: [{ what: 'a message, and what was found in it', fields: ['message', 'excerpt'] }],
  async run(call) {
    const { client, options, out, words } = call
    const names = new Names(client())
    const where = await whereOf(client(), call)
    const limit = options.count('limit') ?? 20
    const query = words('words').join(' ')
    const ask = (cursor?: string) => client().message.search({ query, ...where, cursor, limit: 50 })
    for await (const { message, excerpt } of firstOf(everyItem(ask), limit)) {
      const time = out.paint('dim', dateAndTime(message.createdAt))
      const sender = await names.of(message.senderId)
      out.result({ message, excerpt }, `${time}  ${sender}: ${marked(excerpt, out)}`)
    }
  },
}

async function whereOf(client: TidingsClient, { options }: Call) {
  const [conversation, user] = [options.text('in'), options.text('from')]
  const now = Date.now()
  const timeOf = (text: string | undefined): number | undefined =>
    text === undefined ? undefined : readTime(text, now)
  return {
    conversationId:
      conversation === undefined ? undefined : await conversationIdOf(client, conversation),
    senderId: user === undefined ? undefined : (await findUser(client, user)).id,
    since: timeOf(options.text('since')),
    until: timeOf(options.text('until')),
  }
}

/** What was found stands out. Each part is made safe for itself. */
function marked({ text, ranges, atStart, atEnd }: SearchExcerpt, { paint }: Output): string {
  const parts: string[] = []
  let at = 0
  for (const { from, to } of ranges) {
    parts.push(line(text.slice(at, from)), paint('yellow', line(text.slice(from, to))))
    at = to
  }
  parts.push(line(text.slice(at)))
  return `${atStart ? '' : '… '}${parts.join('').trim()}${atEnd ? '' : ' …'}`
}

/** As `safeLine`, but spaces at the ends stay: other words follow. */
function line(part: string): string {
  const inner = safeLine(part)
  const before = /^\s/.test(part) ? ' ' : ''
  const after = inner !== '' && /\s$/.test(part) ? ' ' : ''
  return `${before}${inner}${after}`
}
