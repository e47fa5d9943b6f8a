import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Hono } from 'hono'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { playgroundRoutes } from '../../src/doors/pages/playground.ts'
import { errorResponse } from '../../src/doors/rest/answer.ts'
import type { RestEnv } from '../../src/doors/rest/context.ts'
import { toTidingsError } from '../../src/rpc/errors.ts'
import { startTestServer } from '../support/test-server.ts'
import type {} from '../support/postgres-setup.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(inject('runFolder'), 'playground-'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The routes alone, on a folder of the test's own. */
function open(playground: boolean, publicUrl = 'http://127.0.0.1:3000'): Hono<RestEnv> {
  const routes = playgroundRoutes({
    config: { playground, publicUrl },
    folder: pathToFileURL(`${folder}/`),
  })
  return new Hono<RestEnv>()
    .route('/', routes)
    .onError((thrown) => errorResponse(toTidingsError(thrown)))
}

test('[PLG1] without a built page / says how to get one, and serves it once it is there', async () => {
  const app = open(true)
  const before = await app.request('/')
  expect(before.status).toBe(404)
  expect(await before.json()).toMatchObject({
    error: { code: 'NOT_FOUND', message: expect.stringContaining('npm run build') },
  })
  writeFileSync(join(folder, 'index.html'), '<!doctype html>')
  writeFileSync(join(folder, 'page-ABC.js'), 'void 0')
  writeFileSync(join(folder, '.stamp'), 'secret')
  const page = await app.request('/')
  expect(page.status).toBe(200)
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(page.headers.get('cache-control')).toBe('no-store')
  const script = await app.request('/playground/page-ABC.js')
  expect(await script.text()).toBe('void 0')
  expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
})

test('[PLG1] a file is served by its name and by nothing else', async () => {
  const app = open(true)
  for (const name of [
    'index.html',
    '.stamp',
    'nowhere.js',
    '..%2f..%2fpackage.json',
    '%2e%2e%2fpage-ABC.js',
    'page-ABC.js%00',
    'constructor',
    '__proto__',
  ])
    expect((await app.request(`/playground/${name}`)).status, name).toBe(404)
})

test('[PLG1] the page finds its files below whatever path the server has', async () => {
  writeFileSync(join(folder, 'index.html'), '<script src="./playground/page-ABC.js"></script>')
  for (const [publicUrl, path] of [
    ['http://127.0.0.1:3000', '/playground/page-ABC.js'],
    ['https://example.com/chat', '/chat/playground/page-ABC.js'],
    ['https://example.com/chat/', '/chat/playground/page-ABC.js'],
  ])
    expect(await (await open(true, publicUrl).request('/')).text()).toContain(`src="${path}"`)
})

test('[PLG1] a server whose playground is off says so at /, and serves none of its files', async () => {
  const app = open(false)
  const page = await app.request('/')
  expect(page.status).toBe(404)
  expect(await page.json()).toMatchObject({
    error: { code: 'NOT_FOUND', message: expect.stringContaining('PLAYGROUND=on') },
  })
  expect((await app.request('/playground/page-ABC.js')).status).toBe(404)
})

test('[PLG1] it is off by default on a host that others can reach, and other paths answer as ever', async () => {
  await using server = await startTestServer({ engine: 'sqlite', config: { host: '0.0.0.0' } })
  const page = await fetch(server.url)
  expect(page.status).toBe(404)
  expect(await page.text()).toContain('PLAYGROUND=on')
  for (const path of ['/nowhere', '/playground', '/playground/', '/index.html']) {
    const answer = await fetch(server.url + path)
    expect(answer.status, path).toBe(404)
    expect(await answer.json()).toEqual({
      error: {
        code: 'NOT_FOUND',
        message: expect.not.stringContaining('playground'),
        retryable: false,
      },
    })
  }
  expect((await fetch(server.url, { method: 'POST' })).status).toBe(405)
})

test('[PLG2] nothing inline, nothing from elsewhere, no frame: by policy', async () => {
  const app = open(true)
  for (const path of ['/', '/playground/page-ABC.js']) {
    const policy = (await app.request(path)).headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).toContain("require-trusted-types-for 'script'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe|\*|https?:|data:/)
  }
})
