#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8'
import type { Config } from './config.ts'
import { isGiven, loadConfig } from './load-config.ts'
import { createLogger, type Logger } from './logger.ts'
import { createServer, type Server } from './server.ts'

/** A stop that takes longer than this is cut, milliseconds. */
const STOP_MS = 10_000

const words = process.argv.slice(2)
if (words.length > 0) await carryOut(words)
else await start()

/** A command of the operator. It is loaded when it is asked for: a server must not wait for it. */
async function carryOut(command: readonly string[]): Promise<void> {
  const { runCommand } = await import('./commands/command.ts')
  process.exitCode = await runCommand(command, {
    environment: process.env,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
  })
}

async function start(): Promise<void> {
  keepYoungObjectsYoung()
  const loaded = loadConfig(process.env)
  if (loaded.problems === undefined) return run(loaded.config)
  for (const problem of loaded.problems) complain(problem)
  process.exitCode = 1
}

/**
 * V8 notes where in the code things are made that survive. After a stall, as when somebody loads thousands of conversations, it
 * makes everything from those places old at once: each message, and all that it refers to, stays until the next full collection.
 * What a message needs is garbage a few milliseconds later, whatever has been before.
 */
function keepYoungObjectsYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring')
}

async function run(config: Config): Promise<void> {
  const log = createLogger({ level: config.logLevel })
  endOnDefects(log)
  const server = createServer({ ...config, publicUrl: publicUrlOf(config), log })
  stopOnSignals(server, log)
  try {
    const { url } = await server.listen()
    process.stdout.write(welcome(url, config))
  } catch (error) {
    complain(startProblem(error, config))
    process.exitCode = 1
  }
}

/** Left to the server unless it was set, since it follows the port. */
function publicUrlOf(config: Config): string | undefined {
  return isGiven(process.env['PUBLIC_URL']) ? config.publicUrl : undefined
}

function complain(problem: string): void {
  process.stderr.write(`tidings: ${problem}\n`)
}

function startProblem(error: unknown, { host, port }: Config): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE')
    return `port ${port} is in use on ${host}; set PORT to another one, or to 0 for any`
  if (code === 'EACCES')
    return `this user may not listen on port ${port}; set PORT to one above 1023`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `HOST ${host} is not an address of this machine`
  return error.message
}

function welcome(url: string, { databaseUrl, playground }: Config): string {
  const store = databaseUrl.startsWith('file:') ? databaseUrl.slice('file:'.length) : 'Postgres'
  const page = `  Try it in a browser: ${url} shows two people side by side, and every event.\n\n`
  return `
  Tidings listens on ${url}
  and keeps its data in ${store}

${playground ? page : ''}  Try, in another terminal:
    npm run demo              two people talk, and you see every event
    curl ${url}/readyz

  Ctrl+C stops it.

`
}

/** The first signal stops cleanly, the second at once. */
function stopOnSignals(server: Server, log: Logger): void {
  let stopping = false
  const stop = (signal: string): void => {
    if (stopping) process.exit(1)
    stopping = true
    log.info({ signal }, 'stopping')
    setTimeout(() => process.exit(1), STOP_MS).unref()
    server.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.fatal({ err: error }, 'could not stop cleanly')
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

/** A promise that nobody handled is a defect, and its state unknown: better a restart than a half-dead server. */
function endOnDefects(log: Logger): void {
  const end = (error: unknown): void => {
    log.fatal({ err: error }, 'ending after a defect')
    process.exit(1)
  }
  process.on('unhandledRejection', end)
  process.on('uncaughtException', end)
}
