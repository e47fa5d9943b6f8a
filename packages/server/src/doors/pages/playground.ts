import { readdir, readFile } from 'node:fs/promises'
import { ERRORS, TidingsError } from '@tidings/protocol/wire'
import { Hono } from 'hono'
import type { Config } from '../../config.ts'
import { BUILT_PAGE } from '../built-page.ts'
import type { RestEnv } from '../rest/context.ts'

/** What the playground's door needs to know. */
export interface PlaygroundOptions {
  readonly config: Pick<Config, 'playground' | 'publicUrl'>
  /** Where the built page lies. @default beside the compiled server */
  readonly folder?: URL | undefined
}

const PAGE = 'index.html'

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

/**
 * The second wall: text of other people becomes text nodes, and if one day it does not, nothing that it holds runs, loads
 * or calls elsewhere. `'self'` in `connect-src` covers the WebSockets of the same host.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const OFF =
  'There is no page here: the playground is off. PLAYGROUND=on switches it on; without that it is on while HOST is loopback.'
const NOT_BUILT = 'The playground was not built. "npm start" and "npm run build" build it.'

/**
 * `/` and the files that it names. The names of files hold a digest of their content, so a browser may keep them for
 * ever; the page itself is asked for each time.
 */
export function playgroundRoutes({
  config,
  folder = BUILT_PAGE,
}: PlaygroundOptions): Hono<RestEnv> {
  let files: Promise<Files> | undefined
  return new Hono<RestEnv>()
    .get('/', async () => {
      if (!config.playground) throw new TidingsError('NOT_FOUND', OFF)
      // Each time: the page may be built, or built anew, while the server runs.
      files = readFiles(folder)
      const page = (await files).get(PAGE)
      if (page === undefined) throw new TidingsError('NOT_FOUND', NOT_BUILT)
      return answer(PAGE, placed(page, config.publicUrl), 'no-store')
    })
    .get('/playground/:file', async (c) => {
      const name = c.req.param('file')
      if (config.playground) files ??= readFiles(folder)
      const file = name === PAGE ? undefined : (await files)?.get(name)
      if (file === undefined) throw new TidingsError('NOT_FOUND', ERRORS.NOT_FOUND.message)
      return answer(name, file, 'public, max-age=31536000, immutable')
    })
}

type File = Uint8Array<ArrayBuffer>
/** By name. Only what was there when the folder was read is ever served. */
type Files = ReadonlyMap<string, File>

async function readFiles(folder: URL): Promise<Files> {
  const names = await readdir(folder).catch(() => [])
  const served = names.filter((name) => typeOf(name) !== undefined)
  const files = served.map(async (name): Promise<[string, File]> => {
    return [name, new Uint8Array(await readFile(new URL(name, folder)))]
  })
  return new Map(await Promise.all(files))
}

function typeOf(name: string): string | undefined {
  return TYPES[name.slice(name.lastIndexOf('.') + 1)]
}

/** The page names its files from where it lies: without the slash at the end its own address would lead elsewhere. */
function placed(page: File, publicUrl: string): string {
  const path = new URL(publicUrl).pathname.replace(/\/+$/, '')
  return new TextDecoder().decode(page).replaceAll('./playground/', `${path}/playground/`)
}

function answer(name: string, content: File | string, caching: string): Response {
  const headers = {
    'content-type': typeOf(name) ?? 'application/octet-stream',
    'cache-control': caching,
    'content-security-policy': POLICY,
    'cross-origin-opener-policy': 'same-origin',
  }
  return new Response(content, { headers })
}
