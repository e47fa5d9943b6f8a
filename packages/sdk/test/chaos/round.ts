import { setTimeout as pause } from 'node:timers/promises'
import { ERRORS } from '@tidings/protocol/wire'
import { readDurable, type Durable } from '../../../server/test/e2e/support/durable.ts'
import { readNotes } from './clients/notes.ts'
import { openCrowd, untilHushed, untilLevel, type Crowd, type Load } from './crowd.ts'
import { isAlone, type FaultName, type Plan, type PlannedFault } from './plan.ts'
import type { Restore } from './restores.ts'
import { describeStuck } from './stuck.ts'
import { suffer } from './suffer.ts'
import { openSystem, within, type Services, type System } from './system/system.ts'
import { Turns } from './turns.ts'
import type { Violation } from './evidence.ts'
import { judge } from './verdict.ts'

/** What came of a round. Times are milliseconds. */
export interface RoundSummary {
  readonly seed: number
  readonly engine: string
  readonly nodes: number
  readonly broker: string
  /** How many of each kind there were. */
  readonly faults: Readonly<Record<string, number>>
  /** Of the wires in front of the servers and behind them. */
  readonly connectionsBroken: number
  readonly framesMeddledWith: number
  readonly serverStarts: number
  readonly acknowledged: number
  /** Events told to clients and kept by them. */
  readonly delivered: number
  /** Messages that were stored already when they came, and events that were told again after a death. */
  readonly duplicatesDropped: number
  /** Faults that clients have told in the background while the database was away. */
  readonly errorsTold: number
  /** From the end of a fault until every client is connected, at worst. */
  readonly worstReturnMs: number
  /** From the end of everything until every client has everything. */
  readonly convergenceMs: number
  readonly seconds: number
  readonly violations: readonly Violation[]
}

export interface RoundOptions {
  /** @default gentle enough for a machine with much else to do */
  readonly load?: Load | undefined
  /** Judges too whether every live connection heard of each commit within 3 s, for a machine with nothing else to do. */
  readonly isPrompt?: boolean | undefined
  /** Is given up as soon as one promise is broken, and has less patience with what stands still: something is wrong in it. */
  readonly isFirstEnough?: boolean | undefined
  /** How long people go on after the last fault, ms. @default until what comes is live again */
  readonly calmMs?: number | undefined
  /** Told of each fault when it is over, and of the end of the round as it comes. */
  readonly trace?: ((line: string) => void) | undefined
}

export const GENTLE: Load = { pauseMs: 60, burst: 4 }

/** For a machine with much else to do: within so long every call is answered, and every client has everything. */
const HUSH_MS = 90_000
const LEVEL_MS = 45_000
/** Where something is wrong, what has not moved for so long never will: clients notice a dead wire within 2 s. */
const STILL_MS = 20_000
/** Whoever is not connected so long after a fault is not waited for; the end of the round will tell. */
const RETURN_MS = 20_000
/** After the last fault: what comes then must be live, since nobody reconnects any more. */
const CALM_MS = 1_500

const DATABASE_AWAY = ['UNAVAILABLE', 'UNKNOWN_RETRY', 'STORAGE_FULL']

function isOfDatabase(name: FaultName): boolean {
  return /^(postgres|sessions|commit|disk)-/.test(name)
}

/** Runs a plan on a fresh database, waits until everything has healed, and judges what everybody has seen. */
export async function runRound(
  services: Services,
  plan: Plan,
  options: RoundOptions = {},
): Promise<RoundSummary> {
  const round = new Round(plan, options)
  await using system = await openSystem(services, plan, plan.seed)
  return await round.run(system)
}

function countsOf({ fronts, numberedFront, postgresWire, redisWire }: System) {
  const wires = [...fronts, numberedFront, postgresWire, redisWire]
  const sum = (of: 'breaks' | 'meddled'): number =>
    wires.reduce((all, wire) => all + (wire?.[of] ?? 0), 0)
  return { connectionsBroken: sum('breaks'), framesMeddledWith: sum('meddled') }
}

class Round {
  readonly #plan: Plan
  readonly #options: RoundOptions
  readonly #faults = new Map<FaultName, number>()
  readonly #excuses: [number, number][] = []
  readonly #found: Violation[] = []
  readonly #restores: Restore[] = []
  readonly #turns = new Turns()
  readonly #giveUp = new AbortController()
  #worstReturnMs = 0

  constructor(plan: Plan, options: RoundOptions) {
    this.#plan = plan
    this.#options = options
  }

  async run(system: System): Promise<RoundSummary> {
    const begun = performance.now()
    const crowd = await this.#begin(system)
    if (crowd === undefined) return this.#ended(begun)
    try {
      await crowd.startTalking()
      const { processes, wires } = this.#plan
      const lanes = [processes, wires].map((lane) => this.#suffer(lane, system, crowd))
      await Promise.all(lanes)
      if (this.#isEnough()) return this.#ended(begun)
      await pause(this.#options.calmMs ?? CALM_MS)
      const stillMs = this.#options.isFirstEnough === true ? STILL_MS : Infinity
      const isHushed = await untilHushed(crowd, { mostMs: HUSH_MS, stillMs })
      this.#options.trace?.(`all faults are over; hushed: ${isHushed}`)
      if (!isHushed)
        await this.#noteStuck('stuck', ['calls were never answered'], { system, crowd })
      if (this.#isEnough()) return this.#ended(begun)
      const { ms, missing } = await untilLevel(crowd, { mostMs: LEVEL_MS, stillMs })
      this.#options.trace?.(`level after ${ms} ms, ${missing.length} missing`)
      if (missing.length > 0)
        await this.#noteStuck('behind', missing.slice(0, 10), { system, crowd })
      if (this.#isEnough()) return this.#ended(begun)
      const shown = isHushed ? await crowd.show() : []
      const counts = countsOf(system)
      await crowd.close()
      const ends = await Promise.all(system.nodes.map((node) => node.end('SIGTERM')))
      if (ends.some(({ code }) => code !== 0))
        this.#found.push({ what: 'stop', detail: `servers ended with ${JSON.stringify(ends)}` })
      const summary = await this.#judge(system, crowd, shown)
      const seconds = Math.round((performance.now() - begun) / 100) / 10
      return { ...summary, ...counts, convergenceMs: ms, seconds }
    } finally {
      this.#giveUp.abort()
      await crowd.close()
    }
  }

  /** With everything that may tell why. */
  async #noteStuck(
    what: string,
    details: readonly string[],
    { system, crowd }: { readonly system: System; readonly crowd: Crowd },
  ): Promise<void> {
    const lines = await describeStuck(system, crowd)
    this.#found.push({ what, detail: [...details, ...lines].join('\n    ') })
  }

  /** Undefined when nobody could begin. */
  async #begin(system: System): Promise<Crowd | undefined> {
    const { load = GENTLE, isFirstEnough } = this.#options
    try {
      return await openCrowd(system, { seed: this.#plan.seed, ...load })
    } catch (error) {
      // No promise is broken by a machine that has no time for it; what is hunted will show in another round.
      if (isFirstEnough === true && String(error).includes(ERRORS.NETWORK.message)) return undefined
      // Without any fault yet: what was just acknowledged is not there.
      const detail = `nobody could begin: ${String(error).split('\n')[0]}`
      this.#found.push({ what: 'met', detail })
      return undefined
    }
  }

  async #suffer(lane: readonly PlannedFault[], system: System, crowd: Crowd): Promise<void> {
    const { signal } = this.#giveUp
    const onRestore = (before: Durable): void => {
      this.#restores.push({ t: Date.now(), before })
    }
    for (const fault of lane) {
      if (this.#isEnough()) return
      await pause(fault.afterMs)
      const from = Date.now()
      try {
        const work = () => suffer({ system, crowd, signal, onRestore }, fault)
        await (isAlone(fault.name) ? this.#turns.alone(work) : this.#turns.together(work))
      } catch (error) {
        const detail = `${fault.name}: ${error instanceof Error ? error.message : String(error)}`
        this.#found.push({ what: 'fault', detail })
      }
      this.#faults.set(fault.name, (this.#faults.get(fault.name) ?? 0) + 1)
      this.#options.trace?.(`${fault.name} ${fault.point ?? ''} ${Date.now() - from} ms`)
      const healed = performance.now()
      const isBack = await within(RETURN_MS, () => crowd.isConnected())
      if (!isBack) this.#options.trace?.(`${fault.name}: not everybody is back`)
      if (isBack) this.#worstReturnMs = Math.max(this.#worstReturnMs, performance.now() - healed)
      this.#excuses.push([from, Date.now() + 1_000])
    }
  }

  #isEnough(): boolean {
    return this.#options.isFirstEnough === true && this.#found.length > 0
  }

  /** Before anything could be judged. */
  #ended(begun: number): RoundSummary {
    const { seed, engine, nodes, broker } = this.#plan
    return {
      ...{ seed, engine, nodes, broker, faults: {}, serverStarts: 0, acknowledged: 0 },
      ...{ delivered: 0, duplicatesDropped: 0, errorsTold: 0, worstReturnMs: 0 },
      ...{ connectionsBroken: 0, framesMeddledWith: 0, convergenceMs: 0 },
      seconds: Math.round((performance.now() - begun) / 100) / 10,
      violations: this.#found,
    }
  }

  async #judge(system: System, crowd: Crowd, shown: Awaited<ReturnType<Crowd['show']>>) {
    const { seed, engine, nodes, broker } = this.#plan
    const noted = crowd.members.map((member) => ({ member, notes: readNotes(member.notesFile) }))
    const durable = await readDurable(system.databaseUrl).catch((error: unknown) => {
      this.#found.push({ what: 'unsound', detail: String(error) })
    })
    if (durable === undefined) return this.#ended(0)
    const evidence = {
      ...{ noted, durable, shown, revolving: crowd.revolving, excuses: this.#excuses },
      restores: this.#restores,
      isPrompt: this.#options.isPrompt ?? false,
      mayTell: [...this.#faults.keys()].some(isOfDatabase) ? DATABASE_AWAY : [],
    }
    const broken = system.broken.map((detail) => ({ what: 'broken', detail }))
    const notes = noted.flatMap((one) => one.notes)
    const told = notes.filter(({ kind }) => kind === 'told').length
    const visible = noted.flatMap(({ member, notes: own }) =>
      own.flatMap((note) =>
        note.kind === 'told' ? [`${member.name} ${note.stream}:${note.seq}`] : [],
      ),
    )
    const delivered = new Set(visible).size
    const repeats = notes.filter((note) => note.kind === 'ok' && note.duplicate).length
    return {
      ...{ seed, engine, nodes, broker },
      faults: Object.fromEntries([...this.#faults].toSorted()),
      serverStarts: system.nodes.reduce((sum, { starts }) => sum + starts, 0),
      acknowledged: notes.filter(({ kind }) => kind === 'ok' || kind === 'acked').length,
      delivered,
      duplicatesDropped: repeats + told - delivered,
      errorsTold: notes.filter(({ kind }) => kind === 'error').length,
      worstReturnMs: Math.round(this.#worstReturnMs),
      violations: [...this.#found, ...broken, ...judge(evidence)],
    }
  }
}
