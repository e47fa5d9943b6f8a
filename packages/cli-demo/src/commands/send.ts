import type { Sent } from '@tidings/sdk'
import type { Call, Command, Option, Shape } from '../cli/command.ts'
import { Failure, reportOf, ToldFailure, usage, type FailureReport } from '../cli/failure.ts'
import { conversationIdOf, findUser, messageIdOf } from './references.ts'

/** What is printed of a message that was sent. */
export const SENT: Shape = {
  what: 'the acknowledgement: the message is durable and has its place',
  fields: [
    ...['messageId', 'conversationId', 'clientMessageId', 'stream', 'seq', 'tag', 'timestamp'],
    ...['duplicate', 'replyTo', 'mentions'],
  ],
}

/** The id under which one message is sent once, however often the command runs. */
export const ONCE: Option = {
  flags: '--client-message-id <id>',
  about: 'makes a repeat harmless',
}

/** What a message may say besides its body. */
export const BESIDE: readonly Option[] = [
  { flags: '--reply-to <message>', about: 'the number or id of the message that it answers' },
  { flags: '--mention <users>', about: 'who is meant: @user, or several with commas' },
]

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
    ...BESIDE,
  ],
  examples: [
    'send @bob Hungry?',
    'send Lunch "At one?" --reply-to 12 --mention @bob,@cat',
    'send Lunch < menu.txt',
    'tail -f app.log | tidings send Ops --lines',
    'send Ops "backup done" --client-message-id backup-2026-11-21',
  ],
  notes:
    'A message is sent again until the server has it, within --timeout; then the exit code is 5, and the same command with the\n--client-message-id that it names finishes the job without sending twice. Blank lines are left out.',
  shapes: [SENT],
  async run(call) {
    const { client, words, options, input } = call
    const text = words('text').join(' ')
    const isLines = options.flag('lines')
    if (isLines && text !== '') throw usage('--lines reads from stdin: leave the text out.')
    if (input.isTerminal && text === '')
      call.out.notice('Write the message; Ctrl-D on an empty line sends it.')
    const isBeside = options.text('replyTo') !== undefined || options.text('mention') !== undefined
    if (isLines && isBeside) throw usage('--lines excludes --reply-to and --mention.')
    const address = await addressOf(call)
    if (isLines) return sendLines(call, address)
    const said = text === '' ? (await input.all()).replace(/\r?\n$/, '') : text
    if (said.trim() === '') throw usage('There is nothing to send.')
    const sending = client().message.send({ ...address, body: { kind: 'text', text: said } })
    tell(call, await acknowledged(call, sending, address.clientMessageId))
  },
}

/** What the message is to say besides its body; undefined when that is nothing. */
async function besideOf({ client, options }: Call, conversationId: string) {
  const [answered, meant] = [options.text('replyTo'), options.text('mention')]
  if (answered === undefined && meant === undefined) return undefined
  const names = (meant ?? '').split(',').filter((name) => name !== '')
  const users = await Promise.all(names.map((name) => findUser(client(), name)))
  const replyTo =
    answered === undefined ? undefined : await messageIdOf(client(), conversationId, answered)
  return { replyTo, mentions: users.map((user) => user.id) }
}

/**
 * What a message needs besides its body. The id of the message is the one that was given, or a new one.
 * @throws TidingsError NOT_FOUND (the conversation, the message that is answered, who is mentioned)
 */
export async function addressOf(call: Call) {
  const conversationId = await conversationIdOf(call.client(), call.arg('conversation'))
  const clientMessageId = call.options.text('clientMessageId') ?? crypto.randomUUID()
  return { conversationId, clientMessageId, ...(await besideOf(call, conversationId)) }
}

/**
 * Waits for the acknowledgement of a message, as long as --timeout says.
 * @throws Failure NETWORK when the time is up: nobody knows then whether the message has arrived
 */
export function acknowledged(
  call: Call,
  sending: Promise<Sent>,
  clientMessageId: string,
): Promise<Sent> {
  const again = `Repeat the command with --client-message-id ${clientMessageId}: it is not sent twice.`
  return inTime(call, sending, again)
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
async function sendLines(
  call: Call,
  { conversationId, clientMessageId: id }: Awaited<ReturnType<typeof addressOf>>,
): Promise<void> {
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
    const body = { kind: 'text', text } as const
    const sending = call.client().message.send({ conversationId, clientMessageId, body })
    const sent = acknowledged(call, sending, clientMessageId)
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

/** Prints the acknowledgement. */
export function tell({ out }: Call, sent: Sent): void {
  const note = sent.duplicate ? ' (it was there already)' : ''
  // With every field, whatever the message has: a script reads each line alike.
  out.result(
    { replyTo: null, mentions: [], ...sent },
    `✓ number ${sent.seq}${out.paint('dim', note)}`,
  )
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
