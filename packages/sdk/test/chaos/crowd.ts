import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { chanceOf, type Chance } from '../e2e/support/random.ts'
import type { DeviceOrders, ShownConversation, TalkOrders } from './clients/orders.ts'
import { ClientsProcess } from './system/clients-process.ts'
import { within, type System } from './system/system.ts'

/** A device as the runner knows it. */
export interface Member {
  readonly name: string
  readonly userId: string
  readonly notesFile: string
  /** Conversations that it is in for good. */
  readonly places: readonly string[]
  /** It speaks the numbered protocol, and keeps nothing. */
  readonly isNumbered: boolean
}

/** Where devices stand, beside the database. */
export interface Lag {
  /** What each has still to be told. */
  readonly missing: readonly string[]
  /** All heads together: grows with everything that happens. */
  readonly heads: number
}

/** Five people on seven devices and two with numbered clients, in two processes of their own. */
export interface Crowd {
  readonly members: readonly Member[]
  /** The group that people come to and are put out of. */
  readonly revolving: string
  readonly processes: readonly ClientsProcess[]
  isConnected(): boolean
  startTalking(): Promise<void>
  hush(): Promise<void>
  /** What devices know of their calls that are not answered and of their connections, a line each. */
  stuck(): Promise<readonly string[]>
  /** Where devices do not stand where the database does; undefined when the database cannot be asked just now. */
  lag(): Promise<Lag | undefined>
  show(): Promise<readonly ShownConversation[]>
  /** Kills one process in the middle of whatever it does, and starts it again on what it has kept. */
  killOne(draw: number): Promise<void>
  /** Stops one process; answers how it goes on. */
  freezeOne(draw: number): () => void
  close(): Promise<void>
}

interface Person {
  readonly name: string
  readonly login?: string
  readonly storage: DeviceOrders['storage']
}

/** In the one process each device keeps its things in memory, and it is never killed. */
const PROCESSES: readonly (readonly Person[])[] = [
  [
    { name: 'ann', storage: 'memory' },
    { name: 'cat', storage: 'memory' },
    { name: 'eve', storage: 'memory' },
  ],
  [
    { name: 'bob', storage: 'sqlite' },
    { name: 'dan', storage: 'file' },
    { name: 'ann-2', login: 'ann', storage: 'file' },
    { name: 'cat-2', login: 'cat', storage: 'sqlite' },
  ],
]
const NUMBERED: readonly (readonly string[])[] = [['fay'], ['gus']]
const MORTAL = 1
/** Whoever has not answered what concerns him alone by then is not waited for. */
const ANSWER_MS = 10_000

/** How much everybody does. */
export interface Load {
  /** Between one burst and the next of a device, milliseconds at most. */
  readonly pauseMs: number
  /** Things that a device does at once, at most. */
  readonly burst: number
  /** Of ten things that a device does, how many concern the group that people come to and are put out of. @default some */
  readonly revolving?: number | undefined
}

export interface CrowdOptions extends Load {
  readonly seed: number
}

/** Registers them, brings them together and connects them. */
export async function openCrowd(system: System, options: CrowdOptions): Promise<Crowd> {
  const crowd = new People(system, options)
  try {
    await crowd.open()
    return crowd
  } catch (error) {
    await crowd.close()
    throw error
  }
}

class People implements Crowd {
  readonly #system: System
  readonly #options: CrowdOptions
  readonly #chance: Chance
  readonly #folder: string
  readonly #userIds = new Map<string, string>()
  readonly #places = new Map<string, readonly string[]>()
  #boots = 0
  #isTalking = false
  #changing: Promise<unknown> = Promise.resolve()
  revolving = ''
  readonly processes: ClientsProcess[] = []

  constructor(system: System, options: CrowdOptions) {
    this.#system = system
    this.#options = options
    this.#chance = chanceOf(options.seed + 2)
    this.#folder = join(system.folder, 'clients')
    mkdirSync(this.#folder)
  }

  get members(): readonly Member[] {
    const member = (name: string, isNumbered: boolean): Member => ({
      ...{ name, isNumbered },
      userId: this.#userIds.get(name) ?? '',
      notesFile: join(this.#folder, `${name}.notes`),
      places: this.#places.get(name) ?? [],
    })
    return [
      ...PROCESSES.flat().map(({ name }) => member(name, false)),
      ...NUMBERED.flat().map((name) => member(name, true)),
    ]
  }

  async open(): Promise<void> {
    for (const at of PROCESSES.keys()) await this.#start(at)
    const id = (name: string): string => this.#userIds.get(name) ?? ''
    const others = ['bob', 'cat', 'dan', 'eve'].map(id)
    const group = async (name: string, title: string, userIds: readonly string[]) =>
      String(await this.#of(name).ask({ ask: 'group', name, title, userIds }))
    const all = await group('ann', 'All', others)
    const some = await group('cat', 'Some', [id('ann'), id('bob')])
    this.revolving = await group('eve', 'Revolving', [id('ann'), id('bob'), id('dan')])
    const old = await group('ann', 'Old', ['bob', 'fay', 'gus'].map(id))
    const direct = String(
      await this.#of('ann').ask({ ask: 'direct', name: 'ann', userId: id('bob') }),
    )
    for (const { name, login = name } of PROCESSES.flat()) {
      const isIn = ['ann', 'bob', 'cat'].includes(login)
      const isDirect = login === 'ann' || login === 'bob'
      this.#places.set(name, [all, ...(isIn ? [some] : []), ...(isDirect ? [direct, old] : [])])
    }
    for (const name of NUMBERED.flat()) this.#places.set(name, [old])
  }

  isConnected(): boolean {
    return this.processes.every((process) => process.isConnected)
  }

  async startTalking(): Promise<void> {
    this.#isTalking = true
    await Promise.all(PROCESSES.map((_, at) => this.#talk(at)))
  }

  async hush(): Promise<void> {
    this.#isTalking = false
    await this.#changing
    await Promise.all(this.processes.map((process) => process.ask({ ask: 'hush' })))
  }

  async stuck(): Promise<readonly string[]> {
    const asked = this.processes.map((process) => process.ask({ ask: 'stuck' }))
    return ((await Promise.all(asked)) as string[][]).flat()
  }

  async lag(): Promise<Lag | undefined> {
    const giveUp = new AbortController()
    try {
      const places = NUMBERED.flat().flatMap((name) => this.#places.get(name) ?? [])
      const asked = this.processes.map((process) => process.ask({ ask: 'lag', places }))
      const lags = await Promise.race([
        Promise.all(asked) as Promise<Lag[]>,
        pause(ANSWER_MS, undefined, { signal: giveUp.signal }),
      ])
      if (lags === undefined) return undefined
      const heads = lags.reduce((sum, lag) => sum + lag.heads, 0)
      return { missing: lags.flatMap(({ missing }) => missing), heads }
    } catch {
      return undefined
    } finally {
      giveUp.abort()
    }
  }

  async show(): Promise<readonly ShownConversation[]> {
    const shown = PROCESSES.map((people, at) => {
      const places = Object.fromEntries(
        people.map(({ name }) => [name, this.#places.get(name) ?? []]),
      )
      return Promise.resolve(this.processes[at]?.ask({ ask: 'show', places }))
    })
    return ((await Promise.all(shown)) as ShownConversation[][]).flat()
  }

  async killOne(_draw: number): Promise<void> {
    const killing = this.#changing.then(async () => {
      await this.processes[MORTAL]?.kill()
      await this.#start(MORTAL)
      if (this.#isTalking) await this.#talk(MORTAL)
    })
    this.#changing = killing
    await killing
  }

  freezeOne(draw: number): () => void {
    const process = this.processes[draw % this.processes.length]
    process?.signal('SIGSTOP')
    return () => process?.signal('SIGCONT')
  }

  async close(): Promise<void> {
    await Promise.all(
      this.processes.map(async (process) => {
        const closed = process.ask({ ask: 'close' }).catch(() => undefined)
        await Promise.race([closed, pause(ANSWER_MS, undefined, { ref: false })])
        await process.kill()
      }),
    )
  }

  #of(name: string): ClientsProcess {
    const at = PROCESSES.findIndex((people) => people.some((person) => person.name === name))
    const process = this.processes[at]
    if (process === undefined) throw new Error(`nobody is called ${name}`)
    return process
  }

  async #start(at: number): Promise<void> {
    const { programs } = this.#system.services
    const process = new ClientsProcess(programs.clients, (what) => this.#system.broken.push(what))
    this.processes[at] = process
    const url = `http://127.0.0.1:${this.#system.fronts[at]?.port ?? 0}`
    const devices = (PROCESSES[at] ?? []).map(({ name, login, storage }) => ({
      ...{ name, login, storage, url },
      folder: this.#folder,
      seed: this.#chance.between(1, 2 ** 30),
    }))
    const numbered = (NUMBERED[at] ?? []).map((name) => ({
      ...{ name, folder: this.#folder },
      url: `http://127.0.0.1:${this.#system.numberedFront.port}`,
      seed: this.#chance.between(1, 2 ** 30),
    }))
    const opened = (await process.ask({ ask: 'open', devices, numbered })) as [string, string][]
    for (const [name, userId] of opened) this.#userIds.set(name, userId)
  }

  async #talk(at: number): Promise<void> {
    this.#boots += 1
    const talks = (PROCESSES[at] ?? []).map(({ name, login = name }): TalkOrders => ({
      name,
      places: this.#places.get(name) ?? [],
      revolving: this.revolving,
      isOwner: login === 'eve',
      others: [...this.#userIds]
        .filter(([other]) => !other.includes('-') && other !== login)
        .map(([, userId]) => userId),
      boot: this.#boots,
      pauseMs: this.#options.pauseMs,
      burst: this.#options.burst,
      share: this.#options.revolving,
    }))
    const numbered = (NUMBERED[at] ?? []).map((name) => ({
      ...{ name, boot: this.#boots, pauseMs: this.#options.pauseMs },
      places: this.#places.get(name) ?? [],
    }))
    await this.processes[at]?.ask({ ask: 'talk', talks, numbered })
  }
}

/** Marks are gathered for 250 ms: for so long after the last of them nothing may have come. */
const QUIET_MS = 1_500

/** How long the end of a round is waited for, milliseconds. */
interface Patience {
  readonly mostMs: number
  /** While nothing moves at all. */
  readonly stillMs: number
}

/** Waits until everything that was asked for has been answered; false when it was not in time, or nobody notes anything. */
export async function untilHushed(crowd: Crowd, { mostMs, stillMs }: Patience): Promise<boolean> {
  let isHushed = false
  const hushing = crowd.hush().then(() => {
    isHushed = true
  })
  let noted = 0
  let stillSince = performance.now()
  const givingUp = within(mostMs, () => {
    const before = noted
    noted = crowd.members.reduce((sum, { notesFile }) => sum + sizeOf(notesFile), 0)
    if (noted !== before) stillSince = performance.now()
    return isHushed || performance.now() - stillSince > stillMs
  })
  await Promise.race([hushing, givingUp])
  return isHushed
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}

/**
 * Waits until every device stands where the database does, and nothing has happened for a while. Answers how long the
 * devices took to be level for the first time, or what is missing.
 */
export async function untilLevel(
  crowd: Crowd,
  { mostMs, stillMs }: Patience,
): Promise<{ readonly ms: number; readonly missing: readonly string[] }> {
  const start = performance.now()
  let last: Lag | undefined
  let levelAt: number | undefined
  let quietSince = start
  let stillSince = start
  let isQuiet = false
  await within(mostMs, async () => {
    const lag = await crowd.lag()
    const now = performance.now()
    if (lag?.missing.length === 0) levelAt ??= now
    if (lag === undefined || lag.missing.length > 0 || lag.heads !== last?.heads) quietSince = now
    if (JSON.stringify(lag) !== JSON.stringify(last)) stillSince = now
    last = lag
    isQuiet = now - quietSince > QUIET_MS
    return isQuiet || now - stillSince > stillMs
  })
  const missing = isQuiet ? [] : (last?.missing ?? ['the database did not answer'])
  return { ms: Math.round((levelAt ?? performance.now()) - start), missing }
}
