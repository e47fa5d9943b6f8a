// The command as it was packed: it starts, serves its page and its figures, and stops.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** @param folder where it keeps its data */
export async function useCommand(folder: string): Promise<void> {
  const command = spawn(process.execPath, ['node_modules/@tidings/server/dist/bundle/main.js'], {
    env: { ...process.env, PORT: '0', DATABASE_URL: `file:${join(folder, 'command.db')}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(command, 'exit')
  for await (const line of createInterface({ input: command.stdout })) {
    const [, url] = /listens on (http:\S+)/.exec(line) ?? []
    if (url === undefined) continue
    for (const path of ['/', '/readyz', '/metrics']) {
      const { status } = await fetch(url + path)
      if (status !== 200) throw new Error(`the packed command answers ${path} with ${status}`)
    }
    command.kill('SIGTERM')
  }
  const [code] = await ended
  if (code !== 0) throw new Error(`the packed command ended with ${code}`)
}
