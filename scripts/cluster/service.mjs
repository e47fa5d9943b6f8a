import { fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const LEASH = fileURLToPath(new URL('./leash.mjs', import.meta.url))
/** Between an end and the next start, so that one that cannot start does not keep a core busy, milliseconds. */
const RESTART_MS = 1000
/** Between two looks at a service, before and after it is ready, milliseconds. */
const LOOK_MS = { starting: 100, ready: 500 }

/** A port on which nothing listens now. */
export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  await once(probe, 'close')
  return port
}

/** The end of a log, since its folder may go with us. */
function read(log) {
  return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-20).join('\n')
}

/** Starts a program that ends with this process; `pid` is its own. What it prints goes to the end of the file `log`. */
async function startLeashed({ command, environment, log }) {
  const file = openSync(log, 'a')
  const leash = fork(LEASH, command, {
    // Out of the terminal's group: Ctrl-C is for us, and we stop everything in order.
    detached: true,
    env: environment,
    stdio: ['ignore', file, file, 'ipc'],
  })
  closeSync(file)
  const exited = once(leash, 'exit').then(([code, signal]) => ({ code, signal }))
  const started = once(leash, 'message').then(([{ pid }]) => pid)
  const pid = await Promise.race([started, exited.then(() => undefined)])
  return { pid, exited, stop: () => leash.connected && leash.disconnect() }
}

/**
 * Keeps a program running: whenever it ends, another takes its place a moment later. `ready` resolves when it is ready for the
 * first time, as `isReady()` says, and rejects when it ends before. `say` is told what happens afterwards.
 */
export function keepRunning({ name, command, environment, log, isReady, say }) {
  const stopping = new AbortController()
  const first = promiseToKeep()
  const service = { name, pid: undefined, isReady: false, ready: first.promise, stop }
  let current
  let hasServed = false

  async function look(child) {
    let isOver = false
    void child.exited.then(() => (isOver = true))
    while (!isOver) {
      const answer = await isReady()
      if (isOver) return
      if (answer && !service.isReady && hasServed) say(`${name} serves again, pid ${child.pid}`)
      service.isReady = answer
      hasServed ||= answer
      if (answer) first.resolve()
      await Promise.race([delay(answer ? LOOK_MS.ready : LOOK_MS.starting), child.exited])
    }
  }

  async function live() {
    while (!stopping.signal.aborted) {
      current = await startLeashed({ command, environment, log })
      if (stopping.signal.aborted) current.stop()
      service.pid = current.pid
      void look(current)
      const end = await current.exited
      service.isReady = false
      if (stopping.signal.aborted) return
      const how = end.signal === null ? `with ${end.code}` : `by ${end.signal}`
      if (!hasServed) throw new Error(`${name} ended ${how} before it was ready\n${read(log)}`)
      say(`${name}, pid ${service.pid}, has ended ${how}; another starts in its place`)
      await delay(RESTART_MS, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }

  async function stop() {
    stopping.abort()
    current?.stop()
    await living.catch(() => {})
  }

  const living = live()
  void living.catch((error) => first.reject(error))
  return service
}

/** `Promise.withResolvers`, which Node 20 does not have. */
function promiseToKeep() {
  const made = {}
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }))
  return made
}
