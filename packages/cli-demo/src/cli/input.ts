import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import type { ReadStream } from 'node:tty'
import { usage } from './failure.ts'

/** What comes in on stdin. */
export interface Input {
  readonly isTerminal: boolean
  /** Everything until the end. */
  all(): Promise<string>
  /** Line by line, without their ends. */
  lines(): AsyncIterable<string>
  /** The first line. */
  line(): Promise<string>
  /**
   * Asks on the terminal without showing what is typed.
   * @throws Failure USAGE without a terminal, INTERRUPTED after Ctrl-C
   */
  secret(question: string): Promise<string>
}

/** Reads from this process's stdin; questions go to stderr. */
export function createInput(
  stdin: NodeJS.ReadStream,
  stderr: { write(text: string): unknown },
  onInterrupt: () => Error,
): Input {
  const lines = (): AsyncIterable<string> => createInterface({ input: stdin, crlfDelay: Infinity })
  return {
    isTerminal: stdin.isTTY,
    all: () => text(stdin),
    lines,
    async line() {
      for await (const line of lines()) return line
      return ''
    },
    async secret(question) {
      if (!stdin.isTTY) {
        throw usage(
          'A password is needed: use a terminal, --password-stdin, or the variable TIDINGS_PASSWORD.',
        )
      }
      stderr.write(question)
      try {
        return await readUnseen(stdin, onInterrupt)
      } finally {
        stderr.write('\n')
      }
    },
  }
}

const ENTER = new Set(['\r', '\n'])
const CTRL_C = '\u0003'
const CTRL_D = '\u0004'
const CTRL_U = '\u0015'
const BACKSPACE = new Set(['\u007F', '\b'])

function readUnseen(stdin: ReadStream, onInterrupt: () => Error): Promise<string> {
  const decoder = new TextDecoder()
  let typed: string[] = []
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      stdin.off('data', take)
      stdin.setRawMode(false)
      stdin.pause()
      settle()
    }
    const take = (chunk: Buffer): void => {
      for (const character of decoder.decode(chunk, { stream: true })) {
        if (ENTER.has(character) || character === CTRL_D) {
          end(() => resolve(typed.join('')))
          return
        }
        if (character === CTRL_C) {
          end(() => reject(onInterrupt()))
          return
        }
        if (character === CTRL_U) typed = []
        else if (BACKSPACE.has(character)) typed.pop()
        else typed.push(character)
      }
    }
    stdin.setRawMode(true)
    stdin.resume()
    stdin.on('data', take)
  })
}
