import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { expect, test, vi } from 'vitest'
import { toPagedStream } from '../../../src/doors/rest/paged-stream.ts'
import type { RestEnv } from '../../../src/doors/rest/context.ts'
import { systemMachine } from '../../../src/machine.ts'
import { openAccountWorld } from '../../services/account-world.ts'

test('[DIA5] [EXP2] what fails in the middle of a stream is cut off and logged, and is written neither into it nor to the terminal', async () => {
  await using world = await openAccountWorld('sqlite')
  const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const logged: unknown[] = []
  let closed = 0
  const deps = {
    ...world.deps,
    machine: systemMachine,
    log: { ...world.deps.log, error: (...line: unknown[]) => void logged.push(line) },
  }
  const app = new Hono<RestEnv>().get('/', (request) => {
    let parts = 0
    const nextPart = () => {
      parts += 1
      if (parts === 2) return Promise.reject(new Error('a secret of the database'))
      return Promise.resolve({ text: 'the beginning', isLast: false })
    }
    const close = () => void (closed += 1)
    return new Response(toPagedStream({ deps, request, nextPart, close }))
  })
  const listener = getRequestListener((request, env) => app.fetch(request, env))
  const server = createServer((incoming, outgoing) => void listener(incoming, outgoing))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const response = await fetch(`http://127.0.0.1:${port}/`)
  expect(response.status).toBe(200)
  const chunks: Uint8Array[] = []
  const read = async () => {
    for await (const chunk of response.body ?? []) chunks.push(chunk)
  }
  await expect(read()).rejects.toThrow('terminated')
  // As much of it as had left.
  expect('the beginning').toContain(Buffer.concat(chunks).toString())
  expect(logged).toHaveLength(1)
  expect(closed).toBeGreaterThan(0)
  expect(printed).not.toHaveBeenCalled()
  await new Promise((resolve) => server.close(resolve))
})
