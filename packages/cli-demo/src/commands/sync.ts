import type { Command } from '../cli/command.ts'
import { eventWords } from '../words/event-words.ts'
import { dateAndTime } from '../words/times.ts'
import { readTime } from '../words/when.ts'
import { Names } from './references.ts'
import { EVENT } from './tail.ts'

/** `tidings sync` */
export const sync: Command = {
  name: 'sync',
  summary: 'tell what you have missed since the last time, or since a time',
  options: [
    {
      flags: '--since <time>',
      about: '2h, 2026-11-21, 2026-11-21T09:00, or milliseconds; the cursor stays',
    },
    {
      flags: '--peek',
      about: 'leave the cursor where it is, so that the next call tells the same',
    },
  ],
  examples: ['sync', 'sync --since 2h --json', 'sync --json | while read -r event; do …; done'],
  notes:
    'Without --since the profile’s cursor decides; the first call tells everything. The cursor moves on after its events were\nprinted, so that what a broken pipe has lost is told again.',
  shapes: [
    EVENT,
    {
      what: 'instead of events that the server no longer has, or not for you: where the stream starts anew',
      fields: ['stream', 'reset'],
    },
  ],
  async run({ client, options, out, profile }) {
    const { id: userId } = await client().account.get()
    const time = options.text('since')
    const since = time === undefined ? undefined : readTime(time, Date.now())
    const names = new Names(client())
    let cursor = since === undefined ? profile.cursor(userId) : undefined
    let told = 0
    for (;;) {
      const page = await client().sync.since({
        cursor,
        since: cursor === undefined ? (since ?? 0) : undefined,
      })
      for (const event of page.events) {
        const words = out.json
          ? ''
          : `${out.paint('dim', dateAndTime(event.timestamp))}  ${await eventWords(event, names)}`
        out.result(event, words)
      }
      for (const reset of page.resets)
        out.result(
          reset,
          `${reset.stream} starts anew at ${reset.reset.head}: ${reset.reset.reason}`,
        )
      cursor = page.cursor
      if (since === undefined && !options.flag('peek')) profile.keepCursor(userId, cursor)
      told += page.events.length + page.resets.length
      if (!page.more) break
    }
    if (told === 0 && !out.json) out.notice('nothing new')
  },
}
