import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { generateApi } from 'swagger-typescript-api'
import { expect, test } from 'vitest'
import { startTestServer } from '../../support/test-server.ts'

/** What somebody writes who has the generated client and nothing else. */
const PROGRAM = `
import { Api, HttpClient } from './api.ts'

export async function talk(baseUrl: string) {
  const connect = (token?: string) =>
    new Api(new HttpClient({ baseUrl, securityWorker: () => token === undefined ? {} : { headers: { authorization: \`Bearer \${token}\` } } }))
  const stranger = connect()
  const enter = async (username: string) => {
    const password = 'correct horse'
    await stranger.users.accountRegister({ username, password })
    const { data } = await stranger.login.accountLogin({ login: username, password })
    return { api: connect(data.accessToken), id: data.user.id }
  }
  const ann = await enter('ann')
  const bob = await enter('bob')
  const { data: talk } = await ann.api.conversations.conversationOpen({ userId: bob.id })
  const { data: sent } = await ann.api.messages.messageSend({ conversationId: talk.id, body: { kind: 'text', text: 'hello' } })
  const { data: page } = await bob.api.conversations.messageList(talk.id, { limit: 10 })
  const refusal = await bob.api.messages.messageSend({ conversationId: bob.id, body: { kind: 'text', text: 'lost' } }).catch((answer: { error: unknown }) => answer.error)
  return { sent: 'seq' in sent ? sent.seq : undefined, texts: page.items.map(({ body }) => 'text' in body ? body.text : undefined), refusal }
}
`

const OPTIONS = {
  strict: true,
  target: 'es2022',
  lib: ['es2023', 'dom', 'dom.iterable'],
  module: 'nodenext',
  allowImportingTsExtensions: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
}

test(
  '[RES6] a client that a generator makes of the document compiles, and talks to the server',
  { timeout: 120_000 },
  async () => {
    await using server = await startTestServer({ engine: 'sqlite' })
    const spec = (await (await fetch(`${server.url}/openapi.json`)).json()) as never
    const { files } = await generateApi({
      spec,
      fileName: 'api.ts',
      output: false,
      silent: true,
      singleHttpClient: true,
    })
    const folder = mkdtempSync(join(import.meta.dirname, '.generated-'))
    try {
      writeFileSync(join(folder, 'api.ts'), files.map(({ fileContent }) => fileContent).join('\n'))
      writeFileSync(join(folder, 'program.ts'), PROGRAM)
      writeFileSync(
        join(folder, 'tsconfig.json'),
        JSON.stringify({ compilerOptions: OPTIONS, files: ['program.ts'] }),
      )
      const tsc = join(
        dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
        'bin/tsc',
      )
      const compiled = await promisify(execFile)(process.execPath, [tsc, '-p', folder]).catch(
        (thrown: { stdout: string }) => thrown,
      )
      expect(compiled.stdout).toBe('')
      const outfile = join(folder, 'program.mjs')
      await build({
        entryPoints: [join(folder, 'program.ts')],
        outfile,
        bundle: true,
        format: 'esm',
        logLevel: 'error',
      })
      const { talk } = (await import(/* @vite-ignore */ pathToFileURL(outfile).href)) as {
        talk(url: string): Promise<unknown>
      }
      expect(await talk(`${server.url}/rest/v1`)).toMatchObject({
        sent: 1,
        texts: ['hello'],
        refusal: { error: { code: 'NOT_FOUND' } },
      })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
)
