import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { createInterface } from 'node:readline'
import { chromium } from 'playwright-core'

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }

/** The Chromium of this machine; playwright's own is never downloaded. */
function findChromium() {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    const { status, stdout } = spawnSync('which', [name], { encoding: 'utf8' })
    if (status === 0) return stdout.trim()
  }
  if (process.env.REQUIRE_CHROMIUM === '1') throw new Error('there is no chromium on the path')
  return undefined
}

/** Serves the files of a folder on the loopback. */
async function serve(folder) {
  const server = createServer(({ url }, response) => {
    const { pathname } = new URL(url, 'http://localhost')
    const file = join(folder, normalize(pathname === '/' ? 'index.html' : pathname))
    try {
      const content = readFileSync(file)
      response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream')
      response.end(content)
    } catch {
      response.writeHead(404).end()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

async function visit(executablePath, address) {
  // Chromium's own sandbox does not start as root, and a container's shared memory is small.
  const args = ['--no-sandbox', '--disable-dev-shm-usage']
  const browser = await chromium.launch({ executablePath, args })
  try {
    const page = await browser.newPage()
    const complaints = []
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('console', (line) => line.type() === 'error' && complaints.push(line.text()))
    await page.goto(address)
    for (const text of ['hello bob (read)', 'hello ann (received)'])
      await page
        .getByText(text, { exact: true })
        .waitFor({ timeout: 45_000 })
        .catch(() => {
          throw new Error(`the page does not show "${text}": ${complaints.join('; ')}`)
        })
    // Chromium asks every site for an icon.
    const serious = complaints.filter((line) => !line.includes('404'))
    if (serious.length > 0) throw new Error(`the page complains: ${serious.join('; ')}`)
  } finally {
    await browser.close()
  }
}

/** Opens the page that Vite has built in `folder`, against the packed server that `serve.js` there starts. */
export async function tryInChromium(folder) {
  const executablePath = findChromium()
  if (executablePath === undefined) {
    console.log('skipped: the page in a browser, because there is no Chromium')
    return
  }
  const server = spawn(process.execPath, ['serve.js'], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const files = await serve(join(folder, 'dist'))
  try {
    const [url] = await once(createInterface({ input: server.stdout }), 'line')
    const page = `http://127.0.0.1:${files.address().port}/?server=${encodeURIComponent(url)}`
    await visit(executablePath, page)
    console.log('The page shows what was sent, from both sides.')
  } finally {
    server.stdin.end()
    files.closeAllConnections()
    files.close()
    if (server.exitCode === null) await once(server, 'exit')
  }
}
