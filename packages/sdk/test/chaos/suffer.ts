import { spawn } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { once } from 'node:events'
import { changeEpoch, copyDatabase } from '../../../server/test/e2e/support/copies.ts'
import { holdsSecret } from '../../../server/test/support/leaks.ts'
import { readDurable, type Durable } from '../../../server/test/e2e/support/durable.ts'
import type { Crowd } from './crowd.ts'
import { forgeHints } from './forge.ts'
import type { FaultName, PlannedFault } from './plan.ts'
import { FAIR } from './system/carrier.ts'
import { GENEROUS, type ServerNode } from './system/node.ts'
import type { System } from './system/system.ts'
import type { Wire } from './system/wire.ts'

/** What a fault is done to. */
export interface Victims {
  readonly system: System
  readonly crowd: Crowd
  /** Ends all waiting when the round is given up. */
  readonly signal: AbortSignal
  /** Told what the database had that is about to be put back. */
  readonly onRestore: (before: Durable) => void
}

type Suffering = (victims: Victims, fault: PlannedFault) => Promise<void>

const COMMIT_ANSWER = Buffer.from('COMMIT\0')
/** A server that is told to stop has this long, milliseconds: its own limit is 10 s. */
const STOP_MS = 12_000
/** One that cannot start ends within a second; on a machine with much else to do loading it may take its time. */
const SECOND_MS = 120_000

/** Makes one fault and heals it. Rejects when the system does not bear it as it should. */
export async function suffer(victims: Victims, fault: PlannedFault): Promise<void> {
  await SUFFERINGS[fault.name](victims, fault)
}

/** Faults are made of time: this is no waiting for something to have happened. */
async function lasts({ signal }: Victims, { forMs }: PlannedFault): Promise<void> {
  await pause(forMs, undefined, { signal }).catch(() => undefined)
}

function pickNode({ system }: Victims, { draw }: PlannedFault): ServerNode {
  const node = system.nodes[draw % system.nodes.length]
  if (node === undefined) throw new Error('a system without a node')
  return node
}

/** One of the wires in front, or all of them. */
function pickFronts({ system }: Victims, fault: PlannedFault): readonly Wire[] {
  return pickOf([...system.fronts, system.numberedFront], fault)
}

/** One of those whose clients find out for themselves what comes twice, or all of them. */
function pickFramed({ system }: Victims, fault: PlannedFault): readonly Wire[] {
  return pickOf(system.fronts, fault)
}

function pickOf(fronts: readonly Wire[], { draw }: PlannedFault): readonly Wire[] {
  const one = fronts[draw % (fronts.length + 1)]
  return one === undefined ? fronts : [one]
}

function weather(set: (wire: Wire, fault: PlannedFault) => void, which = pickFronts): Suffering {
  return async (victims, fault) => {
    const wires = which(victims, fault)
    for (const wire of wires) set(wire, fault)
    await lasts(victims, fault)
    for (const wire of wires) {
      wire.set(FAIR)
      wire.refuse(false)
    }
  }
}

const postgresOf = ({ system }: Victims): readonly Wire[] =>
  system.postgresWire === undefined ? [] : [system.postgresWire]
const redisOf = ({ system }: Victims): readonly Wire[] =>
  system.redisWire === undefined ? [] : [system.redisWire]

async function killNode(victims: Victims, fault: PlannedFault): Promise<void> {
  const node = pickNode(victims, fault)
  await node.end('SIGKILL')
  await lasts(victims, { ...fault, forMs: Math.min(fault.forMs, 500) })
  await node.start()
}

async function killAllNodes(victims: Victims): Promise<void> {
  const { nodes } = victims.system
  await Promise.all(nodes.map((node) => node.end('SIGKILL')))
  await Promise.all(nodes.map((node) => node.start()))
}

/** Starts a node that dies at a step of an append, and another one in its place when it has. */
async function dieAtStep(victims: Victims, fault: PlannedFault): Promise<void> {
  const node = pickNode(victims, fault)
  const program = await victims.system.services.programs.special('mortal')
  await node.end('SIGKILL')
  await node.start({
    program,
    environment: { CHAOS_POINT: fault.point ?? '', CHAOS_NTH: String(5 + (fault.draw % 40)) },
  })
  // With nothing to append it lives on.
  await node.endOfItself(10_000)
  await node.end('SIGKILL')
  await node.start()
}

async function freezeNode(victims: Victims, fault: PlannedFault): Promise<void> {
  const node = pickNode(victims, fault)
  node.signal('SIGSTOP')
  await lasts(victims, fault)
  node.signal('SIGCONT')
}

/** A rolling restart: one node after the other is told to stop, does so cleanly, and is started again. */
async function rollNodes({ system }: Victims): Promise<void> {
  for (const node of system.nodes) {
    const told = performance.now()
    const exit = await node.end('SIGTERM')
    const tookMs = Math.round(performance.now() - told)
    if (exit.code !== 0 || tookMs > STOP_MS) {
      const how = `${String(exit.code ?? exit.signal)} after ${tookMs} ms`
      throw new Error(`${node.name} was told to stop and ended with ${how}`)
    }
    await node.start()
  }
}

/** A node whose calendar is minutes away from the others', and steps while it runs. */
async function wrongClock(victims: Victims, fault: PlannedFault): Promise<void> {
  const node = pickNode(victims, fault)
  const program = await victims.system.services.programs.special('late')
  const ahead = ((fault.draw % 21) - 10) * 60_000
  await node.end('SIGTERM')
  await node.start({
    program,
    environment: { CHAOS_CLOCK_MS: String(ahead), CHAOS_STEP_MS: String(fault.forMs) },
  })
  await lasts(victims, { ...fault, forMs: fault.forMs * 2 })
  await node.end('SIGTERM')
  await node.start()
}

/** Everything that came after a copy is lost; with a new epoch, as an operator should have it, or with the old one. */
async function restoreCopy(
  { system, onRestore, signal }: Victims,
  fault: PlannedFault,
): Promise<void> {
  const { nodes, databaseUrl, setting } = system
  const stopAll = () => Promise.all(nodes.map((node) => node.end('SIGKILL')))
  const startAll = () => Promise.all(nodes.map((node) => node.start()))
  if (setting.engine === 'postgres') await stopAll()
  const copy = await copyDatabase(databaseUrl)
  if (setting.engine === 'postgres') await startAll()
  await pause(fault.forMs, undefined, { signal }).catch(() => undefined)
  await stopAll()
  onRestore(await readDurable(databaseUrl))
  await copy.putBack()
  if (fault.draw % 2 === 0) await changeEpoch(databaseUrl)
  await startAll()
}

async function freezeClients(victims: Victims, fault: PlannedFault): Promise<void> {
  const goOn = victims.crowd.freezeOne(fault.draw)
  await lasts(victims, fault)
  goOn()
}

async function fillDisk(victims: Victims, fault: PlannedFault): Promise<void> {
  const { disk } = victims.system
  disk?.fill()
  await lasts(victims, fault)
  disk?.empty()
}

/** A second server on the same file must end by itself, at once and with a reason. */
async function startSecond({ system }: Victims): Promise<void> {
  const child = spawn(process.execPath, [system.services.programs.server], {
    env: { PATH: process.env['PATH'] ?? '', ...GENEROUS, ...system.environment, PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  // It serves: nobody need wait for the rest.
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (text.includes('listens on')) child.kill('SIGKILL')
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const deadline = setTimeout(() => child.kill('SIGKILL'), SECOND_MS)
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(deadline)
  if (holdsSecret(said, [GENEROUS.TIDINGS_SECRET])) throw new Error(`a second server told: ${said}`)
  if (code !== 1 || !said.includes('is in use by another'))
    throw new Error(`a second server ended with ${code}: ${said}`)
}

async function freezePostgres(victims: Victims, fault: PlannedFault): Promise<void> {
  const { postgres } = victims.system.services
  postgres?.freeze()
  await lasts(victims, fault)
  postgres?.thaw()
}

/** No byte for its log: it answers with a refusal at first and may end altogether. */
async function fillPostgresDisk(victims: Victims, fault: PlannedFault): Promise<void> {
  const { postgres, postgresDisk } = victims.system.services
  if (postgres === undefined || postgresDisk === undefined) return
  postgres.full()
  postgresDisk.fill()
  await postgres.switchLog().catch(() => undefined)
  await lasts(victims, fault)
  postgresDisk.empty()
  await postgres.steady()
}

async function killRedis(victims: Victims, fault: PlannedFault): Promise<void> {
  const { redis } = victims.system.services
  await redis?.kill()
  await lasts(victims, fault)
  await redis?.start()
}

async function freezeRedis(victims: Victims, fault: PlannedFault): Promise<void> {
  const { redis } = victims.system.services
  redis?.freeze()
  await lasts(victims, fault)
  redis?.thaw()
}

const SUFFERINGS: Readonly<Record<FaultName, Suffering>> = {
  'node-killed': killNode,
  'all-nodes-killed': killAllNodes,
  'node-dies-at-a-step': dieAtStep,
  'node-frozen': freezeNode,
  'nodes-rolled': rollNodes,
  'clock-wrong': wrongClock,
  'clients-killed': ({ crowd }, { draw }) => crowd.killOne(draw),
  'clients-frozen': freezeClients,
  'copy-restored': restoreCopy,
  'disk-full': fillDisk,
  'second-server': startSecond,
  'postgres-crashed': async ({ system }) => system.services.postgres?.crash(),
  'postgres-disk-full': fillPostgresDisk,
  'postgres-frozen': freezePostgres,
  'sessions-ended': async ({ system }, { draw }) =>
    void (await system.services.postgres?.endSessions(system.database, 1 + (draw % 8))),
  'commit-cut': weather((wire) => wire.set({ cutBefore: COMMIT_ANSWER }), postgresOf),
  'postgres-wire-cut': weather((wire) => wire.cut(), postgresOf),
  'postgres-wire-half-open': weather((wire) => wire.halfOpen(), postgresOf),
  'postgres-wire-slow': weather((wire) => wire.set({ delayMs: 50 }), postgresOf),
  'redis-killed': killRedis,
  'redis-frozen': freezeRedis,
  'redis-deaf': weather((wire) => wire.halfOpen(), redisOf),
  'redis-slow': weather((wire) => wire.set({ delayMs: 300 }), redisOf),
  'redis-clients-killed': async ({ system }) =>
    void (await system.services.redis?.command('CLIENT', 'KILL', 'TYPE', 'pubsub')),
  'hints-forged': async (victims, fault) => forgeHints(victims.system.services.redis, fault.forMs),
  'wire-cut': weather((wire) => wire.cut()),
  'wire-half-open': weather((wire) => wire.halfOpen()),
  'wire-slow': weather((wire, { draw }) => wire.set({ bytesPerSecond: 500 + (draw % 20_000) })),
  'wire-stalled': weather((wire) => wire.set({ isStalled: true })),
  'wire-delayed': weather((wire, { draw }) => wire.set({ delayMs: 20 + (draw % 400) })),
  'wire-ragged': weather((wire) => wire.set({ raggedBytes: 30_000 })),
  'wire-refuses': weather((wire) => {
    wire.refuse(true)
    wire.cut()
  }),
  'frames-doubled': weather((wire) => wire.set({ frames: 'doubled' }), pickFramed),
  'frames-swapped': weather((wire) => wire.set({ frames: 'swapped' }), pickFramed),
}
