import type { ImageBody, VideoBody } from '@tidings/sdk'
import type { Argument, Call, Command, Option } from '../cli/command.ts'
import { usage } from '../cli/failure.ts'
import { acknowledged, addressOf, BESIDE, ONCE, SENT, tell } from './send.ts'

const SOURCES = ['youtube', 'vevo', 'other'] as const

const ARGS: readonly Argument[] = [
  { name: 'conversation', about: 'its id, @user, or a group’s name' },
  { name: 'link', about: 'where it is: http or https' },
]
const OPTIONS: readonly Option[] = [
  { flags: '--caption <text>', about: 'what is said beside it' },
  ONCE,
  ...BESIDE,
]
const NOTES =
  'The link is sent, and what it leads to is not: neither this program nor the server follows it.'

/** `tidings image`: the link, and its size in pixels. */
export const image: Command = {
  name: 'image',
  summary: 'send the link of an image',
  args: ARGS,
  options: [{ flags: '--size <pixels>', about: 'width and height, such as 640x480' }, ...OPTIONS],
  examples: ['image @bob https://example.org/lake.jpg --size 1600x900 --caption "At the lake"'],
  notes: NOTES,
  shapes: [SENT],
  run(call) {
    const [, width, height] = /^(\d{1,6})x(\d{1,6})$/.exec(call.options.text('size') ?? '') ?? []
    if (width === undefined || height === undefined)
      throw usage('--size takes a width and a height in pixels, such as 640x480.')
    const size = { width: Number(width), height: Number(height) }
    return sendLink(call, { kind: 'image', url: call.arg('link'), ...size, ...captionOf(call) })
  },
}

/** `tidings video`: the link, its length in seconds, and who shows it. */
export const video: Command = {
  name: 'video',
  summary: 'send the link of a video',
  args: ARGS,
  options: [
    { flags: '--length <seconds>', about: 'how long it is' },
    { flags: '--source <source>', about: 'who shows it (default: other)', choices: SOURCES },
    ...OPTIONS,
  ],
  examples: ['video Lunch https://youtu.be/dQw4w9WgXcQ --length 212 --source youtube'],
  notes: NOTES,
  shapes: [SENT],
  run(call) {
    const length = Number(call.options.text('length') ?? Number.NaN)
    if (!Number.isFinite(length) || length < 0) throw usage('--length takes seconds, such as 12.5.')
    const source = SOURCES.find((one) => one === call.options.text('source')) ?? 'other'
    const url = call.arg('link')
    return sendLink(call, { kind: 'video', url, length, source, ...captionOf(call) })
  },
}

function captionOf({ options }: Call): { readonly caption?: string } {
  const caption = options.text('caption')
  return caption === undefined ? {} : { caption }
}

async function sendLink(call: Call, body: ImageBody | VideoBody): Promise<void> {
  const address = await addressOf(call)
  const sending = call.client().message.send({ ...address, body })
  tell(call, await acknowledged(call, sending, address.clientMessageId))
}
