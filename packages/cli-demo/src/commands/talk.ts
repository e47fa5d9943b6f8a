import type { Command } from '../cli/command.ts'
import { wantsColour } from '../cli/paint.ts'
import { talkInLines } from '../talk/in-lines.ts'
import { openKeepingClient } from '../talk/open-client.ts'
import { EVENT } from './tail.ts'

/** `tidings chat` */
export const talk: Command = {
  name: 'chat',
  summary: 'talk, on the whole terminal; without one, lines in and lines out',
  args: [{ name: 'conversation', about: 'its id, @user, or a group’s name', optional: true }],
  examples: ['chat', 'chat @bob', 'some-program | tidings chat Ops | other-program'],
  notes:
    'What was said and what waits to be sent is kept with the profile: a message written without a network is sent at the next\nstart. Inside, /help tells the keys and commands.',
  shapes: [{ what: `without a terminal, ${EVENT.what}`, fields: EVENT.fields }],
  endsItself: true,
  async run({ profile, out, input, optionalArg, interrupted, environment, terminal }) {
    const word = optionalArg('conversation')
    const { client, isKept } = await openKeepingClient(profile)
    const note = isKept
      ? undefined
      : 'Another tidings chat keeps this profile’s messages: nothing of this one is kept.'
    try {
      if (terminal === undefined || out.json) {
        if (note !== undefined) out.notice(note)
        await talkInLines({ client, input, out, word, interrupted })
        return
      }
      // React and ink take half a second to load; nothing else needs them.
      const { talkOnScreen } = await import('../talk/on-screen.ts')
      const isColoured = wantsColour(environment, true)
      await talkOnScreen({ client, terminal, isColoured, word, note, interrupted })
    } finally {
      await client.close()
    }
  },
}
