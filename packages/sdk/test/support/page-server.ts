import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** Pages of one program, bundled for browsers. */
export interface PageServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`: a secure context, so that locks and storage are there. */
  readonly url: string
  /** Answers all who have asked for `/held`: a page that asks for it synchronously hangs until then. */
  release(): void
}

const PAGE = '<!doctype html><title>Tidings</title><script type="module" src="/app.js"></script>'

/** Serves a program on the loopback; `/sandboxed` is the same page without an origin of its own. */
export async function servePages(entry: URL): Promise<PageServer> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(entry)],
    ...{ bundle: true, write: false, format: 'esm', platform: 'browser', target: 'es2022' },
    conditions: ['@tidings/source'],
    logLevel: 'error',
  })
  const program = outputFiles[0]?.text ?? ''
  const held = new Set<ServerResponse>()
  const server = createServer(({ url }, response) => {
    if (url === '/held') {
      held.add(response)
      return
    }
    // A page without an origin is a stranger here.
    response.setHeader('access-control-allow-origin', '*')
    if (url === '/app.js') response.setHeader('content-type', 'text/javascript').end(program)
    else {
      if (url === '/sandboxed')
        response.setHeader('content-security-policy', 'sandbox allow-scripts')
      response.setHeader('content-type', 'text/html').end(PAGE)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a server without a port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    release() {
      for (const response of held) response.end()
      held.clear()
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
