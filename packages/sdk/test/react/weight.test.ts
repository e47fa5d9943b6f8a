import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

async function bundle(contents: string) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('../..', import.meta.url)) },
    ...{ bundle: true, minify: true, write: false, metafile: true, format: 'esm' },
    ...{ platform: 'browser', conditions: ['@tidings/source'], external: ['react'] },
  })
  const bytes = gzipSync(outputFiles[0]?.text ?? '', { level: 9 }).length
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports)
  return { bytes, inputs: Object.keys(metafile.inputs), imports: imports.map(({ path }) => path) }
}

test('[RCT7] the hooks add at most 2 kB to the core, minified and compressed, and both weigh at most 38.8', async () => {
  const core = await bundle(`export { createClient } from './src/index.ts'`)
  const both = await bundle(
    `export { createClient } from './src/index.ts'; export * from './src/react/index.ts'`,
  )
  expect(both.bytes - core.bytes).toBeLessThanOrEqual(2_000)
  expect(both.bytes).toBeLessThanOrEqual(38_800)
})

test('[RCT7] only the hooks load React, and nothing else of it than its core', async () => {
  const core = await bundle(`export * from './src/index.ts'`)
  expect(core.imports).toEqual([])
  expect(core.inputs.filter((input) => input.includes('src/react/'))).toEqual([])
  const hooks = await bundle(`export * from './src/react/index.ts'`)
  expect([...new Set(hooks.imports)]).toEqual(['react'])
  expect(hooks.inputs.filter((input) => input.includes('node_modules'))).toEqual([])
})

test('[RCT7] hooks that an app does not use are not in its bundle', async () => {
  const all = await bundle(`export * from './src/react/index.ts'`)
  const factory = await bundle(`export { createHooks } from './src/react/index.ts'`)
  expect(factory.bytes).toBeLessThan(all.bytes)
})
