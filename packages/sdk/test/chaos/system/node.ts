import { spawn, type ChildProcess } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { watchLines } from '../../../../server/test/support/leaks.ts'
import { adopt } from './children.ts'
import { freePort } from './ports.ts'

/** What a server process is started with, beside its port. */
export type Environment = Readonly<Record<string, string>>

/** How a process ended. */
interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** So generous that nobody meets a limit that this is not about. */
export const GENEROUS = {
  LIMIT_CALLS_PER_SECOND: '100000',
  LIMIT_CALLS_BURST: '1000000',
  LIMIT_MESSAGES_PER_SECOND: '100000',
  LIMIT_MESSAGES_BURST: '1000000',
  LIMIT_IP_CALLS_PER_SECOND: '100000',
  LIMIT_IP_CALLS_BURST: '1000000',
  LIMIT_CONNECTIONS_PER_USER: '10000',
  LIMIT_CONNECTIONS_PER_IP: '100000',
  LIMIT_REGISTRATIONS_PER_IP: '100000',
  TIDINGS_SECRET: 'a secret of many processes that is long enough 0123456789',
} as const satisfies Environment

/** For a machine with much else to do, milliseconds. */
const START_MS = 120_000

/** Characters of a log that are kept from its end; lines that are told of it, and how much of each. */
const LAST_WORDS = 20_000
const LAST_LINES = 5
const LINE_LENGTH = 500

export interface NodeOptions {
  readonly name: string
  /** The command: a file that Node runs. */
  readonly program: string
  readonly environment: Environment
  /** Told of what must not happen: an end that nobody asked for, a defect in the log. */
  readonly onBroken: (what: string) => void
}

/** One server process after another, at one port. */
export class ServerNode {
  readonly #options: NodeOptions
  #port = 0
  #child: ChildProcess | undefined
  #exited: Promise<Exit> = Promise.resolve({ code: 0, signal: null })
  #isExpected = false
  #isClosed = false
  #lastWords = ''
  starts = 0

  constructor(options: NodeOptions) {
    this.#options = options
  }

  get name(): string {
    return this.#options.name
  }

  get port(): number {
    return this.#port
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** The last lines that its processes have written, cut short. */
  get lastWords(): readonly string[] {
    const lines = this.#lastWords.split('\n').filter((line) => line !== '')
    return lines.slice(-LAST_LINES).map((line) => line.slice(0, LINE_LENGTH))
  }

  /** Starts it, again and again while what it needs is not there, and waits until it serves. */
  async start(other: { program?: string; environment?: Environment } = {}): Promise<void> {
    if (this.#port === 0) this.#port = await freePort()
    const deadline = performance.now() + START_MS
    let said = ''
    while (performance.now() < deadline && !this.#isClosed) {
      const attempt = this.#spawn(other)
      const late = pause(deadline - performance.now(), false, { ref: false })
      if (await Promise.race([attempt.serves, late])) {
        this.starts += 1
        return
      }
      await this.end('SIGKILL')
      said = attempt.said()
      await pause(100)
    }
    throw new Error(`${this.name} does not serve: ${said}`)
  }

  /** Sends a signal that ends it, and waits for that. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<Exit> {
    this.#isExpected = true
    this.#child?.kill('SIGCONT')
    this.#child?.kill(signal)
    return this.#exited
  }

  /** From now on it may end by itself. Resolves when it has, or after `ms`, with undefined. */
  async endOfItself(ms: number): Promise<Exit | undefined> {
    this.#isExpected = true
    return Promise.race([this.#exited, pause(ms, undefined, { ref: false })])
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal)
  }

  /** For ever. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.end('SIGKILL')
  }

  #spawn(other: { program?: string; environment?: Environment }) {
    const { program, environment, onBroken } = this.#options
    const child = spawn(process.execPath, [other.program ?? program], {
      env: {
        ...{ PATH: process.env['PATH'] ?? '', LOG_LEVEL: 'warn', PORT: String(this.#port) },
        ...GENEROUS,
        ...environment,
        ...other.environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    adopt(child)
    const tell = (line: string): void => onBroken(`${this.name} wrote a secret: ${line}`)
    watchLines([child.stdout, child.stderr], [GENEROUS.TIDINGS_SECRET], tell)
    this.#child = child
    this.#isExpected = false
    let hasServed = false
    let said = ''
    const hear = (text: string): void => {
      if (text.includes('ending after a defect')) onBroken(`${this.name}: ${text.slice(0, 2000)}`)
      if (said.length < 20_000) said += text
      this.#lastWords = `${this.#lastWords}${text}`.slice(-LAST_WORDS)
    }
    child.stderr.setEncoding('utf8').on('data', hear)
    const serves = new Promise<boolean>((resolve) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        hear(text)
        hasServed ||= said.includes('listens on http:')
        if (hasServed) resolve(true)
      })
      child.once('close', () => resolve(false))
    })
    this.#exited = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        if (hasServed && !this.#isExpected)
          onBroken(`${this.name} ended by itself: ${String(code ?? signal)} ${said.slice(-2000)}`)
        resolve({ code, signal })
      })
    })
    return { serves, said: () => said }
  }
}
