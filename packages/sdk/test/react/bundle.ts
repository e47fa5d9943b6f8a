import { fileURLToPath } from 'node:url'
import { build, type BuildOptions } from 'esbuild'

/** The majors of React that the hooks are for. */
export const REACTS = ['18', '19'] as const
export type ReactMajor = (typeof REACTS)[number]

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** A program of this folder, with this React inside. */
export async function bundle(file: string, react: ReactMajor, more: BuildOptions): Promise<string> {
  const suffix = react === '18' ? '-18' : ''
  const { outputFiles } = await build({
    entryPoints: [here(file)],
    absWorkingDir: here('../..'),
    bundle: true,
    write: false,
    conditions: ['@tidings/source'],
    // Deep imports (react-dom/client, react/jsx-runtime) go along.
    alias: { react: `react${suffix}`, 'react-dom': `react-dom${suffix}` },
    logLevel: 'error',
    ...more,
  })
  return outputFiles?.[0]?.text ?? ''
}
