// Builds and runs the recipe for Next.js (docs/recipes/nextjs.md) with the packed packages, and looks at its page in Chromium.
// Not among the tests: Next.js alone takes 340 MB.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { chromium } from 'playwright-core'
import { createClient } from '../packages/sdk/dist/index.js'
import { packArchives, PNPM, run } from './archives.mjs'
import { root } from './files.mjs'
import { fencesOf } from './snippets.mjs'

const OURS = ['protocol', 'server', 'sdk']
const THEIRS = { next: '16.4.6', react: '19.3.1', 'react-dom': '19.3.1' }
const TOOLS = {
  ...{ tsx: '4.23.15', typescript: '5.9.3' },
  ...{ '@types/node': '20.19.43', '@types/react': '19.3.0' },
}

function install(folder) {
  const archives = packArchives(OURS, folder)
  const ours = Object.fromEntries(
    OURS.map((name) => [`@tidings/${name}`, `file:${archives[name]}`]),
  )
  const manifest = {
    ...{ name: 'recipe', private: true, type: 'module' },
    dependencies: { ...THEIRS, ...ours },
    devDependencies: TOOLS,
  }
  const workspace = {
    allowBuilds: { 'better-sqlite3': true, esbuild: true, sharp: false },
    overrides: ours,
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  writeFileSync(join(folder, 'pnpm-workspace.yaml'), JSON.stringify(workspace))
  run(folder, [...PNPM, 'install', '--no-frozen-lockfile', '--prefer-offline'])
}

function writeRecipe(folder) {
  const page = readFileSync(join(root, 'docs/recipes/nextjs.md'), 'utf8')
  for (const { name, code } of fencesOf(page)) {
    if (name === undefined) continue
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), code)
  }
}

async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Starts the recipe's server; answers how to stop it. */
async function start(folder, env) {
  const child = spawn('node_modules/.bin/tsx', ['server.ts'], { cwd: folder, env })
  let output = ''
  await new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk
        if (output.includes('ready on')) resolve()
      })
    child.on('exit', () => reject(new Error(`the server ended:\n${output}`)))
  })
  return () =>
    new Promise((resolve) => {
      child.removeAllListeners('exit')
      child.once('exit', resolve)
      child.kill()
    })
}

/** Ann looks at the page while bob writes to her. */
async function look(address) {
  const executablePath = ['chromium', 'chromium-browser', 'google-chrome']
    .map((name) => `/usr/bin/${name}`)
    .find((path) => existsSync(path))
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  const accessToken = async () => {
    const headers = { cookie: 'who=bob' }
    const body = 'the phone of bob'
    return (await fetch(`${address}/chat-token`, { method: 'POST', headers, body })).text()
  }
  const bob = createClient({ url: `${address}/tidings`, accessToken })
  try {
    const context = await browser.newContext()
    await context.addCookies([{ name: 'who', value: 'ann', url: address }])
    const page = await context.newPage()
    const complaints = []
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('console', (line) => {
      const isIcon = line.location().url.endsWith('/favicon.ico')
      if (line.type() === 'error' && !isIcon) complaints.push(line.text())
    })
    await page.goto(address)
    await page.locator('ul[title=connected]').waitFor({ state: 'attached' })
    const { id: conversationId } = await bob.conversation.open({ username: 'ann' })
    await bob.message.send({ conversationId, body: { kind: 'text', text: 'hello' } })
    await page.locator('li', { hasText: 'bob (1)' }).waitFor()
    if (complaints.length > 0) throw new Error(complaints.join('\n'))
  } finally {
    await bob.close()
    await browser.close()
  }
}

const folder = mkdtempSync(join(tmpdir(), 'tidings-next-'))
try {
  install(folder)
  writeRecipe(folder)
  const port = await freePort()
  const address = `http://localhost:${port}`
  const env = { ...process.env, NEXT_PUBLIC_URL: address, PORT: String(port) }
  Object.assign(env, { NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' })
  Object.assign(process.env, env)
  run(folder, ['node_modules/.bin/next', 'build'])
  const stop = await start(folder, env)
  try {
    await look(address)
  } finally {
    await stop()
  }
  console.log('The recipe for Next.js is built, served and used.')
} finally {
  rmSync(folder, { recursive: true, force: true })
}
