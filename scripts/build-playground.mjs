// Bundles the page into packages/server/dist/playground, where the server's door finds it and its package carries it.
// Nothing is done when nothing has changed: node scripts/build-playground.mjs
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './files.mjs'

const packages = join(root, 'packages')
const own = join(packages, 'playground')
const STAMP = '.stamp'

/** Where `npm start` and the tests find the built page. */
export const output = join(packages, 'server', 'dist', 'playground')

/** What the bundle is made of: the page, and the sources of the client that it uses. */
const inputs = () =>
  [
    'packages/playground/src',
    'packages/sdk/src',
    'packages/protocol/src',
    'scripts/build-playground.mjs',
  ]
    .map((path) => join(root, path))
    .flatMap((path) => (/\.\w+$/.test(path) ? [path] : filesBelow(path)))

const filesBelow = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()

function stampOf(files) {
  const hash = createHash('sha256')
  for (const file of files) {
    hash.update(relative(root, file).split(sep).join('/')).update('\0')
    hash.update(readFileSync(file)).update('\0')
  }
  return hash.digest('hex')
}

function readStamp() {
  try {
    return readFileSync(join(output, STAMP), 'utf8')
  } catch {
    return undefined
  }
}

/** Answers whether it had to build. Fails with esbuild's own errors. */
export async function buildPlayground() {
  const stamp = stampOf(inputs())
  if (readStamp() === stamp) return false
  // Loaded here: most starts find everything built.
  const { build } = await import('esbuild')
  const scratch = `${output}.${process.pid}`
  try {
    const { metafile } = await build({
      entryPoints: {
        page: join(own, 'src', 'main.ts'),
        style: join(own, 'src', 'style.css'),
        icon: join(own, 'src', 'icon.svg'),
      },
      outdir: scratch,
      entryNames: '[name]-[hash]',
      bundle: true,
      minify: true,
      metafile: true,
      format: 'esm',
      target: ['es2022'],
      loader: { '.svg': 'copy' },
      conditions: ['@tidings/source'],
      absWorkingDir: own,
      logLevel: 'warning',
      legalComments: 'none',
    })
    mkdirSync(scratch, { recursive: true })
    writeFileSync(join(scratch, 'index.html'), pageOf(Object.keys(metafile.outputs)))
    writeFileSync(join(scratch, STAMP), stamp)
    replace(scratch)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  return true
}

/** index.html with the names that esbuild gave; addresses are relative, so that the page works below any path. */
function pageOf(outputs) {
  const named = (beginning) => {
    const found = outputs
      .map((path) => path.split('/').at(-1))
      .find((file) => file.startsWith(beginning))
    return `./playground/${found}`
  }
  return readFileSync(join(own, 'src', 'index.html'), 'utf8')
    .replace('./icon.svg', named('icon-'))
    .replace('./style.css', named('style-'))
    .replace('./main.ts', named('page-'))
}

/** At once, so that a server which is asked meanwhile never finds half of it; another build may do the same. */
function replace(scratch) {
  rmSync(output, { recursive: true, force: true })
  try {
    renameSync(scratch, output)
  } catch (error) {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const isBuilt = await buildPlayground()
  console.log(
    isBuilt
      ? `The playground was built into ${relative(process.cwd(), output)}`
      : 'Nothing has changed',
  )
}
