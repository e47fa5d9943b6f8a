import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
// What the run's setup provides to `databases.ts`.
import type {} from '../../server/test/support/postgres-setup.ts'
import { openTcpProxy } from '../../server/test/support/tcp-proxy.ts'
import { startTestServer } from '../../server/test/support/test-server.ts'
import { playStory } from '../src/story.ts'

const NUMBERS = [70, 21, 20, 22, 23, 40, 41, 73, 72]
const DEMO = fileURLToPath(new URL('../src/demo.ts', import.meta.url))

interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the demo as a process of its own. */
async function runDemo(
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<Outcome> {
  const node = ['--conditions=@tidings/source', '--import', 'tsx', DEMO, ...args]
  const env = { ...process.env, ...environment }
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, node, {
      env,
      timeout: 30_000,
    })
    return { code: 0, stdout, stderr }
  } catch (error) {
    return error as Outcome
  }
}

function numbersIn(lines: string): number[] {
  return [...lines.matchAll(/◂ (\d+) /g)].map(([, number]) => Number(number))
}

test('[SDK19] the demo tells each number to those whom it concerns, in readable words', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  const lines: string[] = []
  await playStory({ url: server.url, print: (line) => lines.push(line) })
  const text = lines.join('\n')
  expect(new Set(numbersIn(text))).toEqual(new Set([...NUMBERS, 27]))
  expect(text).toMatch(/ann {2}◂ 21 {2}message\.accepted +your message is number 1/)
  expect(text).toMatch(/bob {2}◂ 20 {2}message\.created +ann: Hungry\?/)
  expect(text).toMatch(/ann {2}◂ 22 {2}message\.delivered +bob has everything up to 1/)
  expect(text).toMatch(/ann {2}◂ 23 {2}message\.read +bob has read up to 1/)
  expect(text).toMatch(/ann {2}◂ 73 {2}member\.left +bob has left/)
  expect(text).toMatch(/ann {2}◂ 72 {2}member\.joined +bob has joined/)
})

test('[SDK19] the demo fails with a reason when an event does not come', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  await using proxy = await openTcpProxy(server.port)
  // A signal is pushed once: one that is lost does not come.
  proxy.onAnswer((chunk) => (chunk.includes('typing.started') ? 'drop' : 'pass'))
  const playing = playStory({
    url: `http://127.0.0.1:${proxy.port}`,
    patienceMs: 1000,
    print: () => undefined,
  })
  await expect(playing).rejects.toThrow('event 40 did not reach bob within 1 seconds')
})

test('[SDK19] npm run demo plays against a running server and exits 0', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  const byArgument = await runDemo([server.url])
  expect(byArgument).toMatchObject({ code: 0, stderr: '' })
  expect(byArgument.stdout).toContain(`connected to ${server.url}`)
  const byEnvironment = await runDemo([], { TIDINGS_URL: server.url })
  expect(byEnvironment.code).toBe(0)
  expect(new Set(numbersIn(byEnvironment.stdout))).toEqual(new Set([...NUMBERS, 27]))
})

test('[SDK19] npm run demo says that nobody answers at the address that it was given, and exits 1', async () => {
  const { port } = await freePort()
  const outcome = await runDemo([`http://127.0.0.1:${port}`])
  expect(outcome.code).toBe(1)
  expect(outcome.stderr).toBe(`demo: no Tidings server answers at http://127.0.0.1:${port}\n`)
})

/** A port on which nobody listens. */
async function freePort(): Promise<{ port: number }> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address
}
