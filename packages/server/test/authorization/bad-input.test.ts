import { expect, test } from 'vitest'
import { engines } from '../support/databases.ts'
import { runsOf } from '../support/runs.ts'
import { startTestServer } from '../support/test-server.ts'
import { byHttp, PROCEDURES } from './by-http.ts'
import { ROWS } from './rows.ts'
import { gather, setScene } from './scene.ts'

let deep: unknown = 1
for (let depth = 0; depth < 60; depth += 1) deep = [deep]

/** What may stand in the place of any value of an input. */
const BAD: readonly unknown[] = [
  null,
  true,
  '',
  ' ',
  'x'.repeat(20_000),
  'a\u0000b',
  '\ud800',
  "'; drop table users; --",
  '%_\\',
  -1,
  0,
  0.5,
  2 ** 53,
  Number.MAX_SAFE_INTEGER,
  -0,
  [],
  {},
  Array.from({ length: 5000 }, () => 1),
  JSON.parse('{"__proto__":{"admin":true}}'),
  { constructor: { prototype: { admin: true } } },
  { toString: 1, hasOwnProperty: 1 },
  deep,
]

/** Every day each place within an input is tried with one bad value of so many: the next place with others. */
const TRIED_EVERY = runsOf({ everyDay: 4, long: 1 })

let turn = 0

/** The bad values whose turn it is. */
function someBad(): readonly unknown[] {
  turn += 1
  return BAD.filter((_, at) => (at + turn) % TRIED_EVERY === 0)
}

/** The input with each of its values replaced by bad ones, the whole by each of them, and with one more field. */
function* spoiled(input: unknown, bads = BAD): Generator<unknown> {
  yield* bads
  if (typeof input !== 'object' || input === null) return
  for (const [key, value] of Object.entries(input)) {
    const rest = Object.fromEntries(Object.entries(input).filter(([other]) => other !== key))
    yield rest
    for (const bad of spoiled(value, someBad())) {
      yield Array.isArray(input) ? input.with(Number(key), bad) : { ...input, [key]: bad }
    }
  }
  if (!Array.isArray(input)) yield { ...input, unheardOf: 1 }
}

// Postgres is the stricter reader of values; one engine is enough for what happens before.
const engine = engines.includes('postgres') ? 'postgres' : 'sqlite'

test(
  '[CAL3] [CAL4] whatever is wrong with an input, every procedure answers it definitely, and never with a failure of ours',
  { timeout: 240_000 },
  async () => {
    await using server = await startTestServer({ engine })
    const cast = await gather(server)
    const scene = await setScene(server, cast)
    const failures: unknown[] = []
    for (const [path, row] of Object.entries(ROWS)) {
      if (PROCEDURES.get(path)?._def.type === 'subscription' || row.endsCaller || row.hashes)
        continue
      const inputs = [...spoiled(row.input(scene, 'owner'))]
      for (let at = 0; at < inputs.length; at += 20) {
        const calls = inputs.slice(at, at + 20).map(async (input) => {
          const { outcome, status, text } = await byHttp(server, {
            path,
            input,
            person: cast.people.owner,
          })
          const tells = /at .*\.ts|SQLITE|select |drizzle|node_modules/i.test(text)
          if (status >= 500 || tells)
            failures.push([path, JSON.stringify(input)?.slice(0, 200), outcome])
        })
        await Promise.all(calls)
      }
    }
    expect(failures).toEqual([])
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined()
  },
)
