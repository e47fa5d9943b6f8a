// What the recipe uses of Next.js, which is too large to install for one page; scripts/check-next.mjs builds and runs it.
declare module 'next' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  interface NextServer {
    prepare(): Promise<void>
    getRequestHandler(): (request: IncomingMessage, response: ServerResponse) => Promise<void>
    close(): Promise<void>
  }

  export default function next(options: { dev?: boolean; port?: number }): NextServer
}
