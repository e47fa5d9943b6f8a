import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import type { PageFolder } from './folder.ts'

/** A command of a page, as its reader would type it. */
export interface Program extends AsyncDisposable {
  /** Everything that it has printed. */
  output(): string
  /** Resolves with the output once it holds this. Rejects when the program ends before. */
  printed(what: string | RegExp): Promise<string>
  /** Resolves with the output when it has ended well. */
  ended(): Promise<string>
}

/** Starts a command of a page in its folder, with more lines behind it if need be. */
export function start(folder: PageFolder, command: string): Program {
  if (!folder.blocks.some(({ code }) => code.includes(command)))
    throw new Error(`the page does not say: ${command}`)
  folder.commands.delete(command)
  const bin = join(folder.path, '..', 'node_modules', '.bin')
  const child = spawn('sh', ['-c', `exec ${folder.swap(command).replace(/^npx /, '')}`], {
    cwd: folder.path,
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH']}`, NO_COLOR: '1' },
  })
  let output = ''
  const waiting = new Set<() => void>()
  const tell = (): void => {
    for (const look of waiting) look()
  }
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      tell()
    })
  const closed = new Promise<number | null>((resolve) => {
    child.on('close', (code) => {
      resolve(code)
      tell()
    })
  })
  const isClosed = closed.then(() => true)
  return {
    output: () => output,
    printed: (what) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (typeof what === 'string' ? !output.includes(what) : !what.test(output)) return
          waiting.delete(look)
          resolve(output)
        }
        waiting.add(look)
        look()
        void isClosed.then(() => reject(new Error(`${command} ended without ${what}:\n${output}`)))
      }),
    async ended() {
      const code = await closed
      if (code !== 0) throw new Error(`${command} ended with ${code}:\n${output}`)
      return output
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await closed
    },
  }
}
