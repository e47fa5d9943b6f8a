import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as immediately } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chanceOf, seedOfRun, type Chance } from '../e2e/support/random.ts'
import { KEEPERS, rowsAfter } from './keeper.ts'

/** `KILLS=200 npx vitest run packages/sdk/test/storage/crash.test.ts` is the proof; every day a shorter one must do. */
const KILLS = Number(process.env['KILLS'] ?? 8)

const packageFolder = fileURLToPath(new URL('../../', import.meta.url))
let folder = ''
let program = ''

beforeAll(async () => {
  // Below the package, so that better-sqlite3 is found from there.
  const parent = join(packageFolder, 'node_modules')
  mkdirSync(parent, { recursive: true })
  folder = mkdtempSync(join(parent, '.storage-'))
  program = join(folder, 'keeper.mjs')
  await build({
    stdin: {
      contents: `import { main } from './keeper.ts'; await main(process.argv.slice(2))`,
      resolveDir: join(packageFolder, 'test/storage'),
    },
    ...{ bundle: true, platform: 'node', target: 'node20', format: 'esm', outfile: program },
    conditions: ['@tidings/source'],
    external: ['better-sqlite3'],
    logLevel: 'error',
  })
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Run {
  readonly kind: string
  readonly path: string
  /** What a shell does before. */
  readonly shell?: string
  /** Another copy of the program. */
  readonly from?: string
}

/** Runs the program up to its end; `onLine` is told what it says. */
async function runKeeper(
  { kind, path, shell, from }: Run,
  onLine: (line: string, kill: () => void) => void,
): Promise<readonly string[]> {
  const command = [process.execPath, from ?? program, kind, path]
  const [file = '', ...args] =
    shell === undefined ? command : ['sh', '-c', `${shell}; exec "$@"`, 'sh', ...command]
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = `${rest}${text}`.split('\n')
    rest = parts.pop() ?? ''
    for (const line of parts) {
      lines.push(line)
      onLine(line, () => child.kill('SIGKILL'))
    }
  })
  await once(child, 'close')
  return lines
}

async function killSomewhere(kind: string, path: string, chance: Chance): Promise<number> {
  const wanted = chance.between(1, 60)
  const turns = chance.between(0, 300)
  let said = 0
  const lines = await runKeeper({ kind, path }, (_line, kill) => {
    said += 1
    if (said === wanted) void waitAndKill(turns, kill)
  })
  return Number(lines.at(-1))
}

async function waitAndKill(turns: number, kill: () => void): Promise<void> {
  for (let turn = turns; turn > 0; turn -= 1) await immediately()
  kill()
}

async function lastKept(kind: string, path: string): Promise<number> {
  const storage = KEEPERS[kind]?.(path)
  if (storage === undefined) throw new Error(kind)
  const rows = await storage.read({ from: '', to: '~' })
  await storage.close?.()
  const last = Number(rows.find(({ key }) => key === 'last')?.value ?? 0)
  expect(rows).toEqual(rowsAfter(last))
  return last
}

describe.each(Object.keys(KEEPERS))('%s', (kind) => {
  test(
    '[KEP3] [KEP4] after kill -9 everything that was acknowledged is there, and at most one write more, whole',
    { timeout: 20_000 + KILLS * 3_000 },
    async () => {
      const seed = seedOfRun()
      const chance = chanceOf(seed)
      const path = join(folder, `killed.${kind}`)
      let further = 0
      for (let kill = 0; kill < KILLS; kill += 1) {
        const acknowledged = await killSomewhere(kind, path, chance)
        const kept = await lastKept(kind, path)
        expect([acknowledged, acknowledged + 1], `seed ${seed}, kill ${kill + 1}`).toContain(kept)
        further += kept - acknowledged
      }
      console.info(`${kind}: ${KILLS} kills, ${further} with an unacknowledged write; seed ${seed}`)
    },
  )

  test('[KEP5] what one process has open no other can open, until it has died', async () => {
    const path = join(folder, `shared.${kind}`)
    let refused: readonly string[] = []
    const tryToOpen = async (kill: () => void): Promise<void> => {
      const own = KEEPERS[kind]?.(path)
      await expect(own?.read({ from: '', to: '~' })).rejects.toMatchObject({ code: 'UNAVAILABLE' })
      refused = await runKeeper({ kind, path }, () => undefined)
      kill()
    }
    let tried: Promise<void> | undefined
    const lines = await runKeeper({ kind, path }, (_line, kill) => {
      tried ??= tryToOpen(kill)
    })
    await tried
    expect(refused).toEqual(['UNAVAILABLE'])
    expect(await lastKept(kind, path)).toBeGreaterThanOrEqual(Number(lines.at(-1)))
  })
})

test('[KEP6] a full disk is STORAGE_FULL, and nothing that was kept before suffers', async () => {
  const path = join(folder, 'full.file')
  // The system refuses to let any file grow beyond 64 blocks of 512 or 1024 bytes.
  const shell = `trap '' XFSZ; ulimit -f 64`
  const lines = await runKeeper({ kind: 'file', path, shell }, () => undefined)
  expect(lines.length).toBeGreaterThan(3)
  expect(lines.at(-1)).toBe('STORAGE_FULL')
  expect(await lastKept('file', path)).toBe(lines.length - 1)
})

test('[KEP6] without better-sqlite3 sqliteStorage says what to install', async () => {
  const bare = mkdtempSync(join(tmpdir(), 'tidings-bare-'))
  const from = join(bare, 'keeper.mjs')
  copyFileSync(program, from)
  const lines = await runKeeper({ kind: 'sqlite', path: join(bare, 'db'), from }, () => undefined)
  rmSync(bare, { recursive: true })
  expect(lines).toEqual(['INVALID_INPUT'])
})
