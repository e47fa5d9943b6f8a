import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { installEnvironment } from './install-environment.mjs'
import { root } from './files.mjs'

/** How pnpm is called, pinned. */
export const PNPM = ['npx', '-y', 'pnpm@12.21.0']

/** Runs a command to its end, showing it; throws when it fails. */
export function run(folder, [program, ...args]) {
  console.log(`$ ${[program, ...args].join(' ').replaceAll(root, './')}`)
  const { status } = spawnSync(program, args, {
    cwd: folder,
    env: installEnvironment(),
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (status !== 0) throw new Error(`${args[0]} failed`)
}

/** Packs the named packages into `folder`, as publishing would; answers the archives by name. */
export function packArchives(names, folder) {
  const archives = {}
  for (const name of names) {
    run(join(root, 'packages', name), [...PNPM, 'pack', '--pack-destination', folder])
    const archive = readdirSync(folder).find((file) => file.startsWith(`tidings-${name}-`))
    if (!archive) throw new Error(`${name} was not packed`)
    archives[name] = join(folder, archive)
  }
  return archives
}
