import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { expect, test, vi } from 'vitest'
import {
  paced,
  toPagedStream,
  type PagedStream,
  type Part,
} from '../../../src/doors/rest/paged-stream.ts'
import type { RestEnv } from '../../../src/doors/rest/context.ts'
import { systemMachine } from '../../../src/machine.ts'
import { openAccountWorld, type AccountWorld } from '../../services/account-world.ts'

/** A server whose one route answers such a stream, and what came of it. */
async function serve(world: AccountWorld, nextPart: PagedStream['nextPart']) {
  const logged: unknown[] = []
  let closed = 0
  const deps = {
    ...world.deps,
    machine: systemMachine,
    log: { ...world.deps.log, error: (...line: unknown[]) => void logged.push(line) },
  }
  const close = () => void (closed += 1)
  const app = new Hono<RestEnv>().get(
    '/',
    (request) => new Response(toPagedStream({ deps, request, nextPart, close })),
  )
  const listener = getRequestListener((request, env) => app.fetch(request, env))
  const server = createServer((incoming, outgoing) => void listener(incoming, outgoing))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    logged,
    closed: () => closed,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

test('[DIA5] [EXP2] who hangs up in the middle is no failure, and nothing is read for him any more', async () => {
  await using world = await openAccountWorld('sqlite')
  const steps = { asked: 0, calls: 0 }
  let answer: (part: Part) => void = () => undefined
  let over: AbortSignal | undefined
  await using served = await serve(world, (signal) => {
    over = signal
    steps.asked += 1
    if (steps.asked === 1) return Promise.resolve({ text: 'the beginning', isLast: false })
    return new Promise((resolve) => {
      answer = resolve
    })
  })
  const hangUp = new AbortController()
  const response = await fetch(served.url, { signal: hangUp.signal })
  expect(response.status).toBe(200)
  await vi.waitFor(() => expect(steps.asked).toBe(2))
  hangUp.abort()
  await vi.waitFor(() => expect(served.closed()).toBeGreaterThan(0))
  answer({ text: 'too late', isLast: false })
  const pace = { machine: systemMachine, over: over ?? new AbortController().signal }
  await expect(paced(pace, () => Promise.resolve((steps.calls += 1)))).rejects.toThrow('aborted')
  expect([steps, served.logged]).toEqual([{ asked: 2, calls: 0 }, []])
})

test('[DIA5] [EXP2] what fails in the middle of a stream is cut off and logged, and is written neither into it nor to the terminal', async () => {
  await using world = await openAccountWorld('sqlite')
  const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  let parts = 0
  await using served = await serve(world, () => {
    parts += 1
    if (parts === 2) return Promise.reject(new Error('a secret of the database'))
    return Promise.resolve({ text: 'the beginning', isLast: false })
  })
  const response = await fetch(served.url)
  expect(response.status).toBe(200)
  const chunks: Uint8Array[] = []
  const read = async () => {
    for await (const chunk of response.body ?? []) chunks.push(chunk)
  }
  await expect(read()).rejects.toThrow('terminated')
  // As much of it as had left.
  expect('the beginning').toContain(Buffer.concat(chunks).toString())
  expect(served.logged).toHaveLength(1)
  expect(served.closed()).toBeGreaterThan(0)
  expect(printed).not.toHaveBeenCalled()
})
