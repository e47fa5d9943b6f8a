import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openFolder } from '../folder.ts'
import { launch } from '../launch.ts'
import type { SceneOptions } from '../scene.ts'
import type { Ground, Subject, Target } from '../subject.ts'
import { relayDoor } from './door.ts'

const PROGRAM = fileURLToPath(new URL('./server.js', import.meta.url))

/** The relay, which everything is compared with. */
export const relay: Subject = {
  name: 'relay',
  summary: 'a bare WebSocket relay on SQLite: the yardstick',
  engine: 'own',
  door: relayDoor,
  start,
  /** It knows no accounts: who is who is given to it. */
  async startEmpty(ground) {
    const target = await start({ ...ground, scene: TWO })
    return { ...target, introduce: () => Promise.resolve(target.scene) }
  },
}

const TWO: SceneOptions = { people: 2, talk: 'pairs', conversations: 1, messages: 0 }

async function start({ scene = TWO }: Ground): Promise<Target> {
  const folder = openFolder()
  const conversations = conversationsOf(scene)
  const given = JSON.stringify({ conversations, messages: scene.messages })
  const server = await launch(
    [PROGRAM, join(folder.path, 'relay.db'), given],
    {},
    /listening (\d+)/,
  )
  return {
    url: `ws://127.0.0.1:${server.port}`,
    pid: server.pid,
    pids: () => [server.pid],
    startedAt: server.startedAt,
    collectGarbage: () => server.collectGarbage(),
    scene: {
      tokens: Array.from({ length: scene.people }, (_, index) => String(index)),
      conversationIds: conversations.map(([id]) => id),
    },
    async [Symbol.asyncDispose]() {
      await server.stop()
      folder[Symbol.dispose]()
    },
  }
}

type Conversation = readonly [id: string, members: readonly number[]]

/** Those in which something is said. Of others the relay would keep no more than who is in them. */
function conversationsOf({ people, talk }: SceneOptions): readonly Conversation[] {
  if (talk === 'none') return []
  const size = talk === 'pairs' ? 2 : people
  return Array.from({ length: people / size }, (_, at) => {
    const members = Array.from({ length: size }, (_member, index) => at * size + index)
    return [`conversation-${at}`, members] as const
  })
}
