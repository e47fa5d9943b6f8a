import type { KindSchema } from '@tidings/sdk'
import type { Command } from '../cli/command.ts'
import { parseJson } from '../cli/json.ts'
import { acknowledged, addressOf, BESIDE, ONCE, SENT, tell } from './send.ts'

/** What a kind's data must be is known to its app and its server, and not to this program. */
const ANY: KindSchema = {
  '~standard': { version: 1, validate: (value) => ({ value }) },
}

/** `tidings send-kind`: a message of an app's own kind. */
export const sendKind: Command = {
  name: 'send-kind',
  summary: 'send a message of a kind that an app has made for itself',
  args: [
    { name: 'conversation', about: 'its id, @user, or a group’s name' },
    { name: 'kind', about: 'its name' },
    { name: 'json', about: 'its data; without it, stdin', optional: true },
  ],
  options: [ONCE, ...BESIDE],
  examples: [
    'send-kind Lunch poll \'{"question":"Where?","options":["Here","There"]}\'',
    'send-kind @bob order < order.json',
  ],
  notes:
    'A server whose app has said which kinds there are refuses others, and data that does not fit; one whose app has not takes\nany JSON. Clients that do not know the kind show it as unknown.',
  shapes: [SENT],
  async run(call) {
    const { arg, optionalArg, input } = call
    const kind = arg('kind')
    const data = parseJson(optionalArg('json') ?? (await input.all()), 'A kind')
    const address = await addressOf(call)
    const client = call.clientWith({ [kind]: ANY })
    const sending = client.message.send({ ...address, body: { kind, data } })
    tell(call, await acknowledged(call, sending, address.clientMessageId))
  },
}
