import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** What an app that imports these entry points loads; what is not ours stays an import. */
async function bundle(entries: readonly string[]) {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: entries.map((entry) => `export * from '@tidings/sdk${entry.slice(1)}'`).join('\n'),
      resolveDir: here('.'),
    },
    ...{ bundle: true, minify: true, write: false, metafile: true },
    ...{ format: 'esm', platform: 'browser' },
    conditions: ['@tidings/source'],
    external: ['react', 'better-sqlite3', '@tidings/server', '@tidings/server/*', 'ws', 'node:*'],
  })
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports)
  return {
    gzip: gzipSync(outputFiles[0]?.text ?? '', { level: 9 }).length,
    bundled: Object.keys(metafile.inputs).filter((input) => input.includes('node_modules')),
    loaded: new Set(imports.map(({ path }) => path.replace(/^node:.*/, 'node:'))),
  }
}

const LOADS: Readonly<Record<string, readonly string[]>> = {
  '.': [],
  './core': [],
  './react': ['react'],
  './indexeddb': [],
  './tabs': [],
  './file': ['node:'],
  './sqlite': ['better-sqlite3', 'node:'],
  './testing': ['@tidings/server/testing', 'ws', 'node:'],
}

test('[PKG3] every entry point that is published is named here', () => {
  const { exports }: { exports: Record<string, unknown> } = JSON.parse(
    readFileSync(here('../package.json'), 'utf8'),
  )
  const published = Object.keys(exports).filter((entry) => entry !== './package.json')
  expect(published.sort()).toEqual(Object.keys(LOADS).sort())
})

test.for(Object.entries(LOADS))(
  '[PKG3] %s loads what it is for and nothing else',
  async ([entry, loads]) => {
    const { bundled, loaded } = await bundle([entry])
    expect(bundled).toEqual([])
    for (const name of loaded) expect(loads).toContain(name)
  },
)

test('[PKG4] core and React hooks weigh at most 38.8 kB, minified and compressed', async () => {
  const { gzip } = await bundle(['.', './react'])
  expect(gzip).toBeLessThanOrEqual(38_800)
})
