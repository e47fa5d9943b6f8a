import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openFolder } from '../folder.ts'
import { launch } from '../launch.ts'
import type { SceneOptions } from '../scene.ts'
import type { Subject } from '../subject.ts'
import { relayDoor } from './door.ts'

const PROGRAM = fileURLToPath(new URL('./server.js', import.meta.url))

/** The relay, which everything is compared with. */
export const relay: Subject = {
  name: 'relay',
  door: relayDoor,
  async start(options) {
    const folder = openFolder()
    const conversations = conversationsOf(options)
    const given = JSON.stringify({ conversations, messages: options.messages })
    const server = await launch(
      [PROGRAM, join(folder.path, 'relay.db'), given],
      {},
      /listening (\d+)/,
    )
    return {
      url: `ws://127.0.0.1:${server.port}`,
      pid: server.pid,
      pids: () => [server.pid],
      startMs: server.startMs,
      scene: {
        tokens: Array.from({ length: options.people }, (_, index) => String(index)),
        conversationIds: conversations.map(([id]) => id),
      },
      async [Symbol.asyncDispose]() {
        await server.stop()
        folder[Symbol.dispose]()
      },
    }
  },
}

type Conversation = readonly [id: string, members: readonly number[]]

function conversationsOf({
  people,
  pairs,
  groupSize,
  groups,
}: SceneOptions): readonly Conversation[] {
  const size = pairs ? 2 : groupSize
  const chunks = Math.ceil(people / size)
  const chunk = (at: number): number[] =>
    Array.from({ length: Math.min(size, people - at * size) }, (_, index) => at * size + index)
  const count = pairs ? 1 : Math.min(1, groups)
  if (count === 0) return []
  return Array.from({ length: chunks }, (_, at) => [`conversation-${at}`, chunk(at)] as const)
}
