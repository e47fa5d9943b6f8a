import { TidingsError, type Sent, type TidingsClient } from '@tidings/sdk'
import type { Call, Command, Shape } from '../cli/command.ts'
import { Failure, reportOf, ToldFailure, usage, type FailureReport } from '../cli/failure.ts'
import { conversationIdOf } from './references.ts'

const SENT: Shape = {
  what: 'the acknowledgement: the message is durable and has its place',
  fields: [
    ...['messageId', 'conversationId', 'clientMessageId', 'stream', 'seq', 'tag', 'timestamp'],
    'duplicate',
  ],
}

/** So many lines are under way at once: a pipe may be longer than the memory. */
const LINES_UNDER_WAY = 200

/** `tidings send` */
export const send: Command = {
  name: 'send',
  summary: 'send a message, or what comes in on stdin',
  args: [
    { name: 'conversation', about: 'its id, @user, or a group’s name' },
    { name: 'text', about: 'the message; without it, stdin', optional: true, many: true },
  ],
  options: [
    { flags: '--lines', about: 'each line of stdin is a message of its own' },
    {
      flags: '--client-message-id <id>',
      about: 'makes a repeat harmless; with --lines the id of line 3 is <id>.3',
    },
  ],
  examples: [
    'send @bob Hungry?',
    'send Lunch < menu.txt',
    'tail -f app.log | tidings send Ops --lines',
    'send Ops "backup done" --client-message-id backup-2026-11-21',
  ],
  notes:
    'A message is sent again until the server has it, within --timeout; then the exit code is 5, and the same command with the\n--client-message-id that it names finishes the job without sending twice. Blank lines are left out.',
  shapes: [SENT],
  async run(call) {
    const { client, arg, words, options, input } = call
    const text = words('text').join(' ')
    const id = options.text('clientMessageId') ?? crypto.randomUUID()
    const isLines = options.flag('lines')
    if (isLines && text !== '') throw usage('--lines reads from stdin: leave the text out.')
    if (input.isTerminal && text === '')
      call.out.notice('Write the message; Ctrl-D on an empty line sends it.')
    const conversationId = await conversationIdOf(client(), arg('conversation'))
    if (isLines) return sendLines(call, conversationId, id)
    const body = text === '' ? (await input.all()).replace(/\r?\n$/, '') : text
    if (body.trim() === '') throw usage('There is nothing to send.')
    tell(
      call,
      await sendOne(call, {
        conversationId,
        clientMessageId: id,
        body: { kind: 'text', text: body },
      }),
    )
  },
}

type Outgoing = Parameters<TidingsClient['message']['send']>[0]

/** @throws Failure NETWORK when the time is up: nobody knows then whether the message has arrived */
function sendOne(call: Call, message: Outgoing): Promise<Sent> {
  const again = `Repeat the command with --client-message-id ${message.clientMessageId}: it is not sent twice.`
  return inTime(call, call.client().message.send(message), again)
}

/** The SDK tries for as long as it takes; a command must end. */
async function inTime<Value>(
  { options }: Call,
  work: Promise<Value>,
  hint: string,
): Promise<Value> {
  const seconds = options.count('timeout') ?? 15
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    const said = `No answer within ${seconds} s. ${hint}`
    timer = setTimeout(() => reject(new Failure('NETWORK', said)), seconds * 1000)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

const REPEAT = 'Repeat the command: it does no harm.'

/** A refused line hinders no other; the first refusal decides how the program ends. */
async function sendLines(call: Call, conversationId: string, id: string): Promise<void> {
  let first: FailureReport | undefined
  const failed = (line: number, thrown: unknown): void => {
    const { code, message } = reportOf(thrown)
    first ??= { code, message }
    call.out.failure({ code, message: `line ${line}: ${message}` })
  }
  /** Each is told in its turn, as soon as it is known. */
  const underWay: Promise<void>[] = []
  let last = Promise.resolve()
  let line = 0
  for await (const text of call.input.lines()) {
    line += 1
    if (text.trim() === '') continue
    const number = line
    const clientMessageId = `${id}.${line}`
    const sent = sendOne(call, { conversationId, clientMessageId, body: { kind: 'text', text } })
    sent.catch(() => undefined)
    last = last
      .then(() => sent)
      .then(
        (acknowledged) => tell(call, acknowledged),
        (thrown: unknown) => failed(number, thrown),
      )
    underWay.push(last)
    if (underWay.length >= LINES_UNDER_WAY) await underWay.shift()
  }
  await last
  if (first !== undefined) throw new ToldFailure(first.code)
}

function tell({ out }: Call, sent: Sent): void {
  const note = sent.duplicate ? ' (it was there already)' : ''
  out.result(sent, `✓ number ${sent.seq}${out.paint('dim', note)}`)
}

/** `tidings edit` */
export const edit: Command = {
  name: 'edit',
  summary: 'change one of your messages',
  args: [
    { name: 'conversation', about: 'its id, @user, or a group’s name' },
    { name: 'message', about: 'its number or its id' },
    { name: 'text', about: 'what it says from now on', many: true },
  ],
  examples: ['edit @bob 12 "At one, I mean"'],
  shapes: [
    { what: 'the message that was changed', fields: ['conversationId', 'messageId', 'edited'] },
  ],
  async run(call) {
    const { client, arg, words, out } = call
    const conversationId = await conversationIdOf(client(), arg('conversation'))
    const messageId = await messageIdOf(client(), conversationId, arg('message'))
    const body = { kind: 'text', text: words('text').join(' ') } as const
    await inTime(call, client().message.edit({ conversationId, messageId, body }), REPEAT)
    out.result({ conversationId, messageId, edited: true }, 'changed')
  },
}

/** `tidings delete` */
export const remove: Command = {
  name: 'delete',
  summary: 'delete a message, for everybody',
  args: [
    { name: 'conversation', about: 'its id, @user, or a group’s name' },
    { name: 'message', about: 'its number or its id' },
  ],
  examples: ['delete @bob 12'],
  shapes: [
    { what: 'the message that was deleted', fields: ['conversationId', 'messageId', 'deleted'] },
  ],
  async run(call) {
    const { client, arg, out } = call
    const conversationId = await conversationIdOf(client(), arg('conversation'))
    const messageId = await messageIdOf(client(), conversationId, arg('message'))
    await inTime(call, client().message.delete({ conversationId, messageId }), REPEAT)
    out.result({ conversationId, messageId, deleted: true }, 'deleted')
  },
}

/** The id of a message that is named by its number. */
async function messageIdOf(
  client: TidingsClient,
  conversationId: string,
  word: string,
): Promise<string> {
  if (!/^\d+$/.test(word)) return word
  const seq = Number(word)
  const { messages } = await client.message.list({ conversationId, before: seq + 1, limit: 1 })
  const [found] = messages
  if (found?.seq !== seq) throw new TidingsError('NOT_FOUND', `There is no message ${seq}.`)
  return found.id
}
