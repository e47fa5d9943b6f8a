import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient } from '../../src/index.ts'
import { readNotes } from './clients/notes.ts'
import type { Setting } from './plan.ts'
import { ClientsProcess } from './system/clients-process.ts'
import { openSystem, within, type Services, type System } from './system/system.ts'

/** What came of a storm of reconnections. Times are milliseconds since the servers could be reached again. */
export interface StormSummary {
  readonly clients: number
  readonly messagesMissed: number
  readonly connectedMs: number
  readonly caughtUpMs: number
  /** Of the largest server while all were connected and nothing happened, and after the storm; MB. */
  readonly idleMb: number
  readonly afterMb: number
  readonly violations: readonly string[]
}

export interface StormOptions {
  readonly setting: Setting
  readonly seed: number
  /** In two processes, some of each user. */
  readonly users: number
  readonly clientsEach: number
  readonly messages: number
  /** They must be level within so long. */
  readonly mostMs: number
}

/** Before it begins nothing hurries, milliseconds. */
const BEGIN_MS = 60_000

/** Everybody loses the servers at once, messages are sent meanwhile, and everybody comes back. */
export async function runStorm(services: Services, options: StormOptions): Promise<StormSummary> {
  await using system = await openSystem(services, options.setting, options.seed)
  const onBroken = (what: string) => void system.broken.push(what)
  const flocks = system.fronts.map(() => new ClientsProcess(services.programs.clients, onBroken))
  try {
    return await storm(system, flocks, options)
  } finally {
    for (const flock of flocks) await flock.kill()
  }
}

async function storm(
  system: System,
  flocks: readonly ClientsProcess[],
  { users, clientsEach, messages, mostMs }: StormOptions,
): Promise<StormSummary> {
  const { fronts, nodes, folder, broken } = system
  const opened = flocks.map((flock, at) => {
    const names = Array.from({ length: users / flocks.length }, (_, n) => `bird-${at}-${n}`)
    const url = `http://127.0.0.1:${fronts[at]?.port ?? 0}`
    return flock.ask({ ask: 'flock', url, folder, names, clientsEach })
  })
  const userIds = ((await Promise.all(opened)) as string[][]).flat()
  const speaker = createClient({ url: `http://127.0.0.1:${nodes[0]?.port ?? 0}` })
  await speaker.account.register({ username: 'speaker', password: 'correct horse', signIn: true })
  const { id: conversationId } = await speaker.group.create({ name: 'All', userIds })
  const say = async (text: string): Promise<number> =>
    (await speaker.message.send({ conversationId, body: { kind: 'text', text } })).seq
  const stream = `m:${conversationId}`
  const areLevel = async (seq: number): Promise<boolean> => {
    const behind = flocks.map((flock) => flock.ask({ ask: 'behind', stream, seq }))
    return ((await Promise.all(behind)) as number[]).every((count) => count === 0)
  }
  const first = await say('before')
  const wereLevel = await within(BEGIN_MS, () => areLevel(first))
  const idleMb = memoryOf(system)

  for (const front of fronts) {
    front.refuse(true)
    front.cut()
  }
  // Together, so that nobody has waited for long when the servers are back: all come at once.
  const missed = Array.from({ length: messages }, (_, at) => say(`missed ${at + 1}`))
  const last = Math.max(...(await Promise.all(missed)))
  for (const front of fronts) front.refuse(false)
  const open = performance.now()
  const areBack = await within(mostMs, () => flocks.every((flock) => flock.isConnected))
  const connectedMs = Math.round(performance.now() - open)
  const isLevel = await within(mostMs - connectedMs, () => areLevel(last))
  const caughtUpMs = Math.round(performance.now() - open)
  await speaker.close()
  const faults = readdirSync(folder)
    .filter((name) => name.endsWith('.flock'))
    .flatMap((name) => readNotes(join(folder, name)))
    .flatMap((note) => (note.kind === 'broken' ? [note.what] : []))
  return {
    ...{ clients: users * clientsEach, messagesMissed: messages, connectedMs, caughtUpMs },
    ...{ idleMb, afterMb: memoryOf(system) },
    violations: [
      ...(wereLevel ? [] : ['not everybody had the first message']),
      ...(areBack ? [] : [`not everybody was connected after ${mostMs} ms`]),
      ...(isLevel ? [] : [`not everybody was level after ${mostMs} ms`]),
      ...faults,
      ...broken,
    ],
  }
}

/** Resident memory, as Linux tells it. */
function memoryOf({ nodes }: System): number {
  const sizes = nodes.map(({ pid = 0 }) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? NaN) / 1024)
  })
  return Math.max(...sizes)
}
