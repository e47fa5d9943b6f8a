// A stranger's program that embeds the server and plays the README's example against it, on the packed archives.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from '@tidings/server'

const folder = await mkdtemp(join(tmpdir(), 'tidings-consumer-'))
const server = createServer({
  databaseUrl: `file:${join(folder, 'tidings.db')}`,
  port: 0,
  logLevel: 'warn',
})
const { url } = await server.listen()
process.env['TIDINGS_URL'] = url

const { log } = console
const printed = new Promise<string>((resolve, reject) => {
  console.log = (...words) => resolve(JSON.stringify(words))
  setTimeout(() => reject(new Error("the README's example printed nothing")), 20_000).unref()
})
await import('./readme.js')
const line = await printed
console.log = log
if (line !== '[1,{"kind":"text","text":"hello"}]')
  throw new Error(`the README's example printed ${line}`)

await server.close()
await rm(folder, { recursive: true })
process.exit(0)
