import { once } from 'node:events'
import { connect } from 'node:net'
import type { MortalRedis } from './system/redis.ts'

/** Published on every channel that anybody listens to: nothing of it is a server's. */
const FORGERIES = [
  '',
  'x',
  '{}',
  '[]',
  '{"kind":"hints","hints":[[1,9007199254740992]]}',
  '[{"kind":"hints","hints":[[1,9007199254740992],[-1,-1],[null,"x"]]}]',
  '[{"kind":"hints","hints":[[1,1e999]]}]',
  `${'A'.repeat(58)}[{"kind":"hints","hints":[[1,9007199254740991]]}]`,
  'x'.repeat(200_000),
  '\u0000\uFFFF',
]
const CHANNEL = /\$\d+\r\n([^\r]+)\r\n/g

/** Writes to the broker as anybody could who reaches it: forgeries, and true texts again, whole and altered. */
export async function forgeHints(redis: MortalRedis | undefined, forMs: number): Promise<void> {
  if (redis === undefined) return
  const heard = await listen(redis.port, forMs)
  const answer = await redis.command('PUBSUB', 'CHANNELS')
  const channels = [...answer.matchAll(CHANNEL)].map(([, name = '']) => name)
  const altered = heard.slice(0, 50).flatMap((text) => [text, text.replace(/\d/g, '9')])
  for (const channel of channels)
    for (const text of [...FORGERIES, ...altered]) await redis.command('PUBLISH', channel, text)
}

/** What is published meanwhile. */
async function listen(port: number, ms: number): Promise<readonly string[]> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  let heard = ''
  socket.setEncoding('utf8').on('data', (text: string) => (heard += text))
  socket.on('error', () => undefined)
  socket.write('*2\r\n$10\r\nPSUBSCRIBE\r\n$1\r\n*\r\n')
  await once(AbortSignal.timeout(ms), 'abort')
  socket.destroy()
  const messages = heard.matchAll(
    /pmessage\r\n\$\d+\r\n\*\r\n\$\d+\r\n[^\r]+\r\n\$\d+\r\n([^\r]*)\r\n/g,
  )
  return Array.from(messages, ([, text = '']) => text)
}
