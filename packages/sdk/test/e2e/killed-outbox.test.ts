import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as immediately } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readDurable, type Durable } from '../../../server/test/e2e/support/durable.ts'
import { createTestPlace } from '../../../server/test/support/databases.ts'
import { startTestServer } from '../../../server/test/support/test-server.ts'
import { createClient, memoryTokens } from '../../src/index.ts'
import { numberOf, STEPS, type Orders, type Shown, type Step } from './support/mortal.ts'
import { chanceOf, seedOfRun, type Chance } from './support/random.ts'

/**
 * `ROUNDS=20 KILLS=100 npx vitest run packages/sdk/test/e2e/killed-outbox.test.ts` is the proof: deaths at each step, and
 * deaths at random, of each storage. Every day a shorter one must do.
 */
const ROUNDS = Number(process.env['ROUNDS'] ?? 1)
const KILLS = Number(process.env['KILLS'] ?? 1)
const RUNS = ROUNDS * STEPS.length + KILLS

const packageFolder = fileURLToPath(new URL('../../', import.meta.url))
let folder = ''
let program = ''

beforeAll(async () => {
  // Below the package, so that better-sqlite3 is found from there.
  const parent = join(packageFolder, 'node_modules')
  mkdirSync(parent, { recursive: true })
  folder = mkdtempSync(join(parent, '.mortal-'))
  program = join(folder, 'mortal.mjs')
  await build({
    stdin: {
      contents: `import { main } from './mortal.ts'; await main(process.argv[2])`,
      resolveDir: join(packageFolder, 'test/e2e/support'),
    },
    ...{ bundle: true, platform: 'node', target: 'node20', format: 'esm', outfile: program },
    conditions: ['@tidings/source'],
    external: ['better-sqlite3', 'ws'],
    logLevel: 'error',
  })
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What became of one message, as far as the program has said. */
interface Life {
  /** What it says after each change that was given to the storage, in order. */
  readonly keeping: string[]
  /** The same, of those of which the storage has said that they are kept. */
  readonly kept: string[]
  readonly acknowledged: number[]
  readonly failed: string[]
}

/** All runs of one storage. */
class Lives {
  readonly all: Life[] = []
  /** How often the program has died at each step. */
  readonly deaths = new Map<Step | 'anywhere', number>()
  shown: readonly (readonly Shown[])[] = []

  hear(line: string): void {
    const [what = '', ...rest] = line.split(' ')
    if (what === 'shown') {
      this.shown = JSON.parse(rest.join(' ')) as readonly (readonly Shown[])[]
      return
    }
    const [number, ...said] = rest
    const life = this.#of(Number(number))
    if (what === 'keeping' || what === 'kept') life[what].push(said.join(' '))
    if (what === 'acknowledged') life.acknowledged.push(Number(said[0]))
    if (what === 'failed') life.failed.push(said[0] ?? '')
  }

  died(where: Step | 'anywhere'): void {
    this.deaths.set(where, (this.deaths.get(where) ?? 0) + 1)
  }

  #of(number: number): Life {
    return (this.all[number] ??= { keeping: [], kept: [], acknowledged: [], failed: [] })
  }
}

/** Runs the program once. `kill` is given a way to end it, and told of every line. */
async function run(
  orders: Orders,
  lives: Lives,
  watch: (kill: () => void) => () => void = () => () => undefined,
): Promise<boolean> {
  const child = spawn(process.execPath, [program, JSON.stringify(orders)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const look = watch(() => child.kill('SIGKILL'))
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      lives.hear(line)
      look()
    }
  })
  const [code, signal]: unknown[] = await once(child, 'close')
  if (signal !== 'SIGKILL') expect({ code, signal }).toEqual({ code: 0, signal: null })
  return signal === 'SIGKILL'
}

/** Ends a program after some of what it says, and a bit later. */
function killSomewhere(chance: Chance): (kill: () => void) => () => void {
  let lines = chance.between(1, 25)
  const turns = chance.between(0, 200)
  return (kill) => () => {
    lines -= 1
    if (lines === 0) void later(turns).then(kill)
  }
}

async function later(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await immediately()
}

/** Bob, who is sent to, and where ann may and may not send. */
async function openPlaces(url: string, tokensFile: string): Promise<readonly string[]> {
  const password = 'correct horse'
  const bob = createClient({ url })
  const tokens = memoryTokens()
  const ann = createClient({ url, tokens })
  await bob.account.register({ username: 'bob', password, signIn: true })
  await ann.account.register({ username: 'ann', password, signIn: true })
  const direct = await ann.conversation.open({ username: 'bob' })
  const group = await ann.group.create({ name: 'Ours', userIds: [bob.userId ?? ''] })
  const foreign = await bob.group.create({ name: 'His', userIds: [] })
  writeFileSync(tokensFile, JSON.stringify(await tokens.load()))
  await Promise.all([ann.close(), bob.close()])
  return [direct.id, group.id, foreign.id]
}

describe.each(['file', 'sqlite'])('an outbox in %s', (kind) => {
  test(
    '[STO6] [STO7] [STO8] [SDK2] [SDK3] whose process is killed at each step of a message’s life sends everything that was kept, once and in order, and says what was refused',
    { timeout: 30_000 + RUNS * 5_000 },
    async () => {
      const seed = seedOfRun()
      const chance = chanceOf(seed)
      try {
        await using place = await createTestPlace('sqlite')
        await using server = await startTestServer({ engine: 'sqlite', databaseUrl: place.url })
        const path = join(folder, `outbox.${kind}`)
        const places = await openPlaces(server.url, `${path}.tokens`)
        const lives = new Lives()
        const orders = (own: Partial<Orders>): Orders => {
          const first = lives.all.length
          const isEarly = chance.next() < 0.5
          const common = { kind, path, url: server.url, places, first, isEarly }
          return { ...common, count: 14, death: undefined, ...own }
        }
        for (let round = 0; round < ROUNDS; round += 1) {
          for (const step of STEPS) {
            // Rows are kept together as it comes: in some runs there is no fourth time, in all of them a first.
            const nth = chance.between(1, 4)
            const hasDied = await run(orders({ death: { step, nth } }), lives)
            if (!hasDied) expect(await run(orders({ death: { step, nth: 1 } }), lives)).toBe(true)
            lives.died(step)
          }
        }
        for (let kill = 0; kill < KILLS; kill += 1)
          if (await run(orders({}), lives, killSomewhere(chance))) lives.died('anywhere')
        expect(await run(orders({ count: 0 }), lives)).toBe(false)
        await server.server.close()
        expectLived(lives, places, await readDurable(place.url))
        report(kind, seed, lives)
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error })
      }
    },
  )
})

/** Every message that was kept is durable once, in order, or shown as refused; of what was not kept nothing has left. */
function expectLived(lives: Lives, places: readonly string[], durable: Durable): void {
  for (const [at, place] of places.entries()) {
    const isForeign = at === places.length - 1
    const messages = (durable.streams.get(`m:${place}`)?.events ?? []).flatMap((event) =>
      event.type === 'message.created' ? [event.body.message] : [],
    )
    const numbers = messages.map(({ clientMessageId }) => numberOf(clientMessageId))
    expect(numbers, 'once and in order').toEqual([...new Set(numbers)].sort((a, b) => a - b))
    const own = lives.all.flatMap((life, number) =>
      number % places.length === at ? [{ number, life }] : [],
    )
    const shown = lives.shown[at] ?? []
    for (const { number, life } of own) {
      const stored = messages.find((message) => numberOf(message.clientMessageId) === number)
      const items = shown.filter((item) => item.number === number)
      expectOne({ number, life, isForeign, stored, items })
    }
    expect(shown.filter(({ number }) => !lives.all.some((_, said) => said === number))).toEqual([])
    if (!isForeign) expect(shown.map(({ number }) => number)).toEqual(numbers)
  }
  for (const step of STEPS) expect(lives.deaths.get(step) ?? 0, step).toBeGreaterThan(0)
}

interface Outcome {
  readonly number: number
  readonly life: Life
  readonly isForeign: boolean
  readonly stored: { readonly seq: number; readonly body: unknown } | undefined
  readonly items: readonly Shown[]
}

function expectOne({ number, life, isForeign, stored, items }: Outcome): void {
  const { keeping, kept, acknowledged, failed } = life
  const what = `message ${number}`
  // What the storage was being given when the process died is kept, or it is not.
  const isLost = kept.length === 0 && (keeping.length === 0 || items.length === 0)
  if (isLost) {
    expect({ stored, items, acknowledged, failed }, what).toEqual({
      ...{ stored: undefined, items: [], acknowledged: [], failed: [] },
    })
    return
  }
  if (isForeign) {
    expect(stored, what).toBeUndefined()
    expect(items, what).toMatchObject([{ state: 'failed', code: 'NOT_FOUND' }])
    expect(new Set(failed).size, what).toBeLessThanOrEqual(1)
    return
  }
  expect(failed, what).toEqual([])
  expect(items, what).toMatchObject([
    { number, state: expect.stringMatching(/^(sent|delivered|read)$/) },
  ])
  for (const seq of acknowledged) expect(seq, what).toBe(stored?.seq)
  expect(acknowledged.length, what).toBeLessThanOrEqual(1)
  const texts = keeping.slice(Math.max(0, kept.length - 1))
  expect(
    texts.map((said) => ({ kind: 'text', text: said })),
    what,
  ).toContainEqual(stored?.body)
  expect({ kind: 'text', text: items[0]?.text }, what).toEqual(stored?.body)
}

function report(kind: string, seed: number, { all, deaths }: Lives): void {
  const count = (fits: (life: Life) => boolean): number => all.filter(fits).length
  const died = Array.from(deaths, ([step, times]) => `${times} ${step}`).join('; ')
  console.info(
    `${kind}: ${all.length} messages said, ${count(({ kept }) => kept.length > 0)} kept, ` +
      `${count(({ acknowledged }) => acknowledged.length > 0)} acknowledged in the run that said them; died ${died}; seed ${seed}`,
  )
}
