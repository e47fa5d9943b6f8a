/**
 * Runs many seeds and prints what came of them as JSON:
 *
 *   npm run simulate -- --seeds 100000 --from 1
 *   npm run simulate -- --seed 17              one seed, shrunk when it fails
 *   npm run simulate -- --bugs                 the first seed that catches each planted mistake
 */
import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { BUG_NAMES } from './bugs.ts'
import { hunt } from './hunt.ts'
import { explain, runSeeds, type Totals } from './report.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    bugs: { type: 'boolean', default: false },
    processes: { type: 'string', default: String(availableParallelism()) },
    /** Set by ourselves in the processes that share the work. */
    share: { type: 'boolean', default: false },
  },
})

/** Seeds of one piece of work. */
const PIECE = 200

if (values.share) serve()
else if (values.seed !== undefined) console.log(explain(Number(values.seed)))
else if (values.bugs) huntAll()
else await runAll(Number(values.from), Number(values.seeds))

function huntAll(): void {
  for (const bug of BUG_NAMES) {
    const caught = hunt(bug)
    const broken = [...new Set(caught?.violations.map(({ invariant }) => invariant))]
    console.log(JSON.stringify({ bug, seed: caught?.seed, broken }))
  }
}

/** Works on pieces until its parent lets go. */
function serve(): void {
  process.on('message', (piece: { from: number; count: number }) => {
    process.send?.(runSeeds(piece.from, piece.count))
  })
  process.send?.(runSeeds(0, 0))
}

async function runAll(from: number, seeds: number): Promise<void> {
  const start = performance.now()
  const all: Totals = {
    seeds: 0,
    operations: 0,
    steps: 0,
    acknowledged: 0,
    delivered: 0,
    failed: [],
  }
  let next = from
  const take = () => {
    const piece = { from: next, count: Math.min(PIECE, from + seeds - next) }
    next += piece.count
    return piece.count > 0 ? piece : null
  }
  await Promise.all(Array.from({ length: Number(values.processes) }, () => share(take, all)))
  const seconds = (performance.now() - start) / 1000
  const { failed, ...sums } = all
  failed.sort((a, b) => a - b)
  console.log(
    JSON.stringify(
      {
        from,
        ...sums,
        violations: failed.length,
        failed: failed.slice(0, 20),
        seconds: Number(seconds.toFixed(1)),
        msPerSeed: Number(((1000 * seconds) / seeds).toFixed(2)),
        processes: Number(values.processes),
      },
      undefined,
      2,
    ),
  )
  const [first] = failed
  if (first === undefined) return
  console.error(explain(first))
  process.exitCode = 1
}

/** Gives one process piece after piece, and adds up what it answers. */
function share(take: () => { from: number; count: number } | null, all: Totals): Promise<void> {
  const child = fork(fileURLToPath(import.meta.url), ['--share'])
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      if (code === 0) resolve()
      else reject(new Error(`a process of the simulation ended with ${signal ?? code}`))
    })
    child.on('message', (done: Totals) => {
      all.seeds += done.seeds
      all.operations += done.operations
      all.steps += done.steps
      all.acknowledged += done.acknowledged
      all.delivered += done.delivered
      all.failed.push(...done.failed)
      const piece = take()
      if (piece === null) child.disconnect()
      else child.send(piece)
    })
  })
}
