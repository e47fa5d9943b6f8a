import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, inject, test, vi } from 'vitest'
import { holdsSecret } from '../support/leaks.ts'
import { WebSocket } from 'ws'
import { bundledCommand } from '../e2e/support/server-process.ts'

const main = await bundledCommand()

/** The command, in a folder of its own. */
class Command implements AsyncDisposable {
  readonly process: ChildProcess
  stdout = ''
  stderr = ''
  readonly #folder = mkdtempSync(join(inject('runFolder'), 'main-'))
  readonly #closed: Promise<unknown>
  readonly #secrets: readonly string[]

  constructor(environment: Record<string, string> = {}, first = '') {
    const { TIDINGS_SECRET } = environment
    this.#secrets = TIDINGS_SECRET === undefined ? [] : [TIDINGS_SECRET]
    const env = {
      PATH: process.env['PATH'] ?? '',
      PORT: '0',
      DATABASE_URL: `file:${join(this.#folder, 'chat.db')}`,
      ...environment,
    }
    const flags = ['--import', `data:text/javascript,${encodeURIComponent(first)}`, main]
    this.process = spawn(process.execPath, flags, { cwd: this.#folder, env })
    this.#closed = once(this.process, 'close')
    this.process.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()))
    this.process.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()))
  }

  /** Where it listens. */
  url(): Promise<string> {
    return vi.waitFor(
      () => {
        const [url] = /http:\/\/[\d.]+:\d+/.exec(this.stdout) ?? []
        if (url === undefined) throw new Error(this.stdout + this.stderr)
        return url
      },
      { timeout: 15_000, interval: 20 },
    )
  }

  async exit(): Promise<number | null> {
    // `close` comes after `exit`, once everything that it wrote has been read.
    await this.#closed
    return this.process.exitCode
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill('SIGKILL')
      await once(this.process, 'exit')
    }
    rmSync(this.#folder, { recursive: true, force: true })
    if (holdsSecret(this.stdout + this.stderr, this.#secrets))
      throw new Error(`[OBS4] a secret was written: ${this.stdout}${this.stderr}`)
  }
}

test('[NET16] [NET15] it starts, says what to try next, and stops on SIGTERM', async () => {
  await using command = new Command({ LOG_LEVEL: 'silent' })
  const url = await command.url()
  expect(command.stdout).toContain('npm run demo')
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
  const socket = new WebSocket(`${url.replace('http', 'ws')}/trpc`)
  await once(socket, 'open')
  const closed = once(socket, 'close')
  const start = performance.now()
  command.process.kill('SIGTERM')
  expect((await closed)[0]).toBe(1012)
  expect(await command.exit()).toBe(0)
  expect(performance.now() - start).toBeLessThan(10_000)
  expect(command.stderr).toBe('')
})

test('[CFG1] an address that is empty counts as absent: it follows the port', async () => {
  await using command = new Command({ LOG_LEVEL: 'silent', PUBLIC_URL: '' })
  const url = await command.url()
  const metadata = await fetch(`${url}/.well-known/oauth-authorization-server`)
  expect(await metadata.json()).toMatchObject({ issuer: url })
})

test('[NET16] every problem of the settings is one line, and none shows a value', async () => {
  await using command = new Command({
    PORT: 'abc',
    TIDINGS_SECRET: 'canary',
    REGISTRATION: 'maybe',
  })
  expect(await command.exit()).toBe(1)
  const lines = command.stderr.trim().split('\n')
  expect(lines).toHaveLength(3)
  for (const name of ['PORT', 'TIDINGS_SECRET', 'REGISTRATION']) {
    expect(lines.filter((line) => line.startsWith(`tidings: ${name}`))).toHaveLength(1)
  }
  expect(command.stderr).not.toMatch(/canary|abc|maybe|at .*\.ts/)
})

test('[NET16] a port that is taken and a database in use are one clear line each', async () => {
  const blocker = createServer().listen(0, '127.0.0.1')
  await once(blocker, 'listening')
  const address = blocker.address()
  const port = typeof address === 'object' ? String(address?.port) : ''
  await using taken = new Command({ PORT: port })
  expect(await taken.exit()).toBe(1)
  expect(taken.stderr.trim().split('\n')).toEqual([
    expect.stringContaining(`port ${port} is in use`),
  ])
  blocker.close()

  const folder = mkdtempSync(join(inject('runFolder'), 'main-'))
  const database = { DATABASE_URL: `file:${join(folder, 'chat.db')}`, LOG_LEVEL: 'silent' }
  await using first = new Command(database)
  await first.url()
  await using second = new Command(database)
  expect(await second.exit()).toBe(1)
  expect(second.stderr.trim().split('\n')).toEqual([
    expect.stringContaining('in use by another Tidings server'),
  ])
})

test('[NET16] a database that cannot be reached is one clear line without its password', async () => {
  await using command = new Command({
    DATABASE_URL: 'postgres://tidings:canary@127.0.0.1:1/none',
    TIDINGS_SECRET: 'x'.repeat(40),
  })
  expect(await command.exit()).toBe(1)
  expect(command.stderr.trim().split('\n')).toHaveLength(1)
  expect(command.stderr + command.stdout).not.toMatch(/canary|at .*\.ts/)
})

test('[NET16] a defect is logged and ends the process', async () => {
  // Once it serves: how long a start takes is the machine's affair.
  const defect = `
    const write = process.stdout.write.bind(process.stdout)
    process.stdout.write = (text, ...more) => {
      if (String(text).includes('listens on')) setImmediate(() => Promise.reject(new Error('nobody handles this')))
      return write(text, ...more)
    }`
  await using command = new Command({}, defect)
  expect(await command.exit()).toBe(1)
  expect(command.stdout).toContain('ending after a defect')
  expect(command.stdout).toContain('nobody handles this')
})
