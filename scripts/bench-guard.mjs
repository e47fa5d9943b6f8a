// A regression by half is seen: measures the server beside the relay, briefly, and compares the ratios with the recorded
// ones. A ratio says the same on any machine; one that looks too low is measured again before it counts.
//   node scripts/bench-guard.mjs                all of it
//   node scripts/bench-guard.mjs --speed        what needs a machine with nothing else to do
//   node scripts/bench-guard.mjs --memory       what is mostly waiting, and may have others beside it
//   node scripts/bench-guard.mjs --record       writes packages/bench/guard.json instead
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './files.mjs'

const recordFile = join(root, 'packages/bench/guard.json')
const SPEED = [
  'direct, 50 pairs, 1 in flight',
  'direct, 50 pairs, 32 in flight',
  'group of 1000',
  'catch-up of 10000',
]
const MEMORY = ['idle, 1000 connections, 20 conversations each']
const WORKLOADS = [...SPEED, ...MEMORY]
/** Figures of which less is better. */
const COSTS = new Set(['bytes a connection'])
const SUBJECT = 'sdk'
/** A share of what is recorded. */
const ENOUGH = 0.5
const TRIES = 3

/** The ratio to the relay by the name of the workload, turned over where less is better. */
function measure(workloads) {
  const folder = mkdtempSync(join(tmpdir(), 'tidings-guard-'))
  try {
    const json = join(folder, 'bench.json')
    const args = [
      ...['scripts/prepare.mjs', '--build', 'packages/bench/dist/main.js'],
      ...['--subjects', `relay,${SUBJECT}`, '--json', json],
      ...['--repeat', '1', '--seconds', '1.5', '--warm-up', '2.5'],
      ...workloads.flatMap((name) => ['--only', name]),
    ]
    const stdio = ['ignore', 'inherit', 'inherit']
    const { status } = spawnSync(process.execPath, args, { cwd: root, stdio })
    if (status !== 0) throw new Error('the measurement failed; the lines above say why')
    const { results } = JSON.parse(readFileSync(json, 'utf8'))
    return new Map(results.map((result) => [result.name, ratioOf(result)]))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function ratioOf({ figure, summaries }) {
  const ratio = summaries[SUBJECT].medians[figure] / summaries.relay.medians[figure]
  return COSTS.has(figure) ? 1 / ratio : ratio
}

function record() {
  const ratios = Object.fromEntries(
    [...measure(WORKLOADS)].map(([name, ratio]) => [name, Number(ratio.toPrecision(3))]),
  )
  writeFileSync(recordFile, `${JSON.stringify({ subject: SUBJECT, ratios }, null, 2)}\n`)
}

function guard(workloads) {
  const { ratios } = JSON.parse(readFileSync(recordFile, 'utf8'))
  const unrecorded = workloads.filter((name) => !(ratios[name] > 0))
  if (unrecorded.length > 0) throw new Error(`nothing is recorded of: ${unrecorded.join('; ')}`)
  const best = new Map()
  let slow = workloads
  for (let time = 0; time < TRIES && slow.length > 0; time += 1) {
    for (const [name, ratio] of measure(slow)) best.set(name, Math.max(ratio, best.get(name) ?? 0))
    slow = slow.filter((name) => best.get(name) < ratios[name] * ENOUGH)
  }
  console.log(`\n${SUBJECT}, as a share of the relay:`)
  for (const [name, ratio] of best) {
    const verdict = slow.includes(name) ? 'SLOW' : 'ok'
    console.log(`  ${name.padEnd(48)} ${ratio.toFixed(3)}, recorded ${ratios[name]}: ${verdict}`)
  }
  if (slow.length === 0) return
  console.error(
    `Less than ${ENOUGH} of what is recorded in packages/bench/guard.json. If it must be so: --record.`,
  )
  process.exitCode = 1
}

if (process.platform !== 'linux') console.log('skipped: needs Linux')
else if (process.argv.includes('--record')) record()
else if (process.argv.includes('--speed')) guard(SPEED)
else if (process.argv.includes('--memory')) guard(MEMORY)
else guard(WORKLOADS)
