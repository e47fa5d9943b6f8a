import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { freePort, keepRunning } from './service.mjs'

/** True when a `redis-server` is on the path. */
export function hasRedis() {
  return spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0
}

async function isAlive(port) {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    socket.write('PING\r\n')
    const [answer] = await once(socket, 'data')
    return String(answer).startsWith('+PONG')
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** Keeps a Redis running that keeps nothing: it carries what nodes tell one another. */
export async function openRedis({ environment, log, say }) {
  const port = await freePort()
  const given = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const service = keepRunning({
    name: 'Redis',
    command: ['redis-server', ...given.map(String)],
    environment,
    log,
    isReady: () => isAlive(port),
    say,
  })
  return { service, url: `redis://127.0.0.1:${port}` }
}
