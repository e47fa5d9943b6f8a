// How much a browser loads for the least that connects, sends and listens: our client beside others, all installed from npm at
// the versions below, bundled and compressed in one run. Writes docs/sizes.md. Needs the network: npm run sizes
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, version as esbuildVersion } from 'esbuild'
import { format } from 'prettier'
import { packArchives } from './archives.mjs'
import { root } from './files.mjs'

const PROGRAMS = [
  { program: 'tidings', package: '@tidings/sdk', shown: 'Tidings' },
  { program: 'tidings-core', package: '@tidings/sdk', shown: 'Tidings, core without a store' },
  { program: 'tidings-react', package: '@tidings/sdk', shown: 'Tidings with its React hooks' },
  { program: 'centrifuge', package: 'centrifuge', version: '5.8.0' },
  { program: 'tinode', package: 'tinode-sdk', version: '0.25.3' },
  { program: 'ably', package: 'ably', version: '2.28.0' },
  { program: 'pubnub', package: 'pubnub', version: '12.0.3' },
  { program: 'stream-chat', package: 'stream-chat', version: '9.53.0' },
  { program: 'twilio', package: '@twilio/conversations', version: '3.0.1' },
  { program: 'sendbird', package: '@sendbird/chat', version: '4.22.12' },
  { program: 'matrix', package: 'matrix-js-sdk', version: '43.0.0' },
]
const KEPT_OUT = ['react', 'react/*', 'react-dom', 'react-dom/*']

function install(folder) {
  const archives = packArchives(['protocol', 'sdk'], folder)
  const others = PROGRAMS.filter(({ version }) => version !== undefined)
  const dependencies = {
    ...Object.fromEntries(others.map((one) => [one.package, one.version])),
    ...Object.fromEntries(
      Object.entries(archives).map(([name, file]) => [`@tidings/${name}`, `file:${file}`]),
    ),
  }
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, type: 'module', dependencies }),
  )
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel', 'error']
  const { status } = spawnSync('npm', args, {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (status !== 0) throw new Error('npm install failed')
}

/** The output files that loading `file` loads at once; what is asked for by `import()` comes later, if at all. */
function loadedAtOnce(outputs, file, seen = new Set()) {
  if (seen.has(file)) return seen
  seen.add(file)
  for (const { path, kind } of outputs[file].imports)
    if (kind === 'import-statement' && outputs[path]) loadedAtOnce(outputs, path, seen)
  return seen
}

async function measure(folder, { program }) {
  const source = join(folder, 'programs', `${program}.js`)
  writeFileSync(source, readFileSync(join(root, 'scripts', 'sizes', `${program}.js`)))
  const { outputFiles, metafile } = await build({
    ...{ absWorkingDir: folder, entryPoints: [source], outdir: 'out', write: false },
    ...{ bundle: true, minify: true, splitting: true, metafile: true },
    ...{ format: 'esm', platform: 'browser', target: 'es2022' },
    ...{ loader: { '.wasm': 'file' }, define: { 'process.env.NODE_ENV': '"production"' } },
    external: KEPT_OUT,
    logLevel: 'error',
  })
  const entry = Object.keys(metafile.outputs).find(
    (file) => metafile.outputs[file].entryPoint && basename(file) === `${program}.js`,
  )
  const atOnce = loadedAtOnce(metafile.outputs, entry)
  const sum = (files, sizeOf) => files.reduce((bytes, { contents }) => bytes + sizeOf(contents), 0)
  const isFirst = ({ path }) => atOnce.has(relative(folder, path).split('\\').join('/'))
  const first = outputFiles.filter(isFirst)
  const gzip = (contents) => gzipSync(contents, { level: 9 }).length
  return {
    minified: sum(first, (contents) => contents.length),
    gzip: sum(first, gzip),
    later: sum(
      outputFiles.filter((file) => !isFirst(file)),
      gzip,
    ),
  }
}

const kB = (bytes) => (bytes / 1000).toFixed(1)

function toRow({ program, package: name, shown }, version, { minified, gzip, later, ours }) {
  const cells = [shown ? `**${shown}**` : name, version, kB(minified), kB(gzip)]
  cells.push(program === 'tidings' ? '1' : (gzip / ours).toFixed(1), later === 0 ? '' : kB(later))
  return `| ${cells.join(' | ')} |`
}

function toPage(rows) {
  return `# Sizes

What a browser has to load for the least that connects, sends a message and listens for messages, in kB (1000 bytes). Written
by \`npm run sizes\`; do not edit.

| package | version | minified | gzip | times ours | later |
| --- | --- | ---: | ---: | ---: | ---: |
${rows.join('\n')}

## How it is measured

Each package is installed from npm at the version named, ours from the archives that \`pnpm pack\` makes. A small program
([scripts/sizes](../scripts/sizes)) signs in, listens, sends, and does nothing else; where a package can be loaded in parts, it
loads the fewest. All programs are bundled in one run by esbuild ${esbuildVersion} with the same options (\`bundle\`, \`minify\`,
\`splitting\`, ES modules for browsers, target \`es2022\`) and compressed with gzip at level 9. What counts is the entry and
whatever it imports statically; what a package may load later by \`import()\` is in the last column and does not count. React
itself is not counted.

The packages differ in what they do. Centrifuge, Ably and PubNub carry messages and know nothing of members, receipts or
unread counts; ours includes an outbox, a local store and catching up without gaps; Matrix includes encrypted conversations in what
it may load later.
`
}

const scratch = mkdtempSync(join(tmpdir(), 'tidings-sizes-'))
try {
  install(scratch)
  mkdirSync(join(scratch, 'programs'))
  const versionOf = ({ package: name }) =>
    JSON.parse(readFileSync(join(scratch, 'node_modules', name, 'package.json'), 'utf8')).version
  const sizes = new Map()
  for (const one of PROGRAMS) sizes.set(one, await measure(scratch, one))
  const ours = sizes.get(PROGRAMS[0]).gzip
  const rows = [...sizes].map(([one, size]) => toRow(one, versionOf(one), { ...size, ours }))
  const file = join(root, 'docs', 'sizes.md')
  const page = await format(toPage(rows), { parser: 'markdown', printWidth: 100 })
  writeFileSync(file, page)
  console.log(
    page
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .join('\n'),
  )
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
