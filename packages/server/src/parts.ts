import type { ExternalPerson } from './auth/external-person.ts'
import { openAuth } from './auth/open-auth.ts'
import { claimSecrets, openSecrets } from './auth/secret.ts'
import { systemClock } from './clock.ts'
import { isForThisMachineAlone, type Config } from './config.ts'
import { openDatabase } from './db/open.ts'
import { readEpoch } from './db/settings.ts'
import { openDoors, type Doors } from './doors/doors.ts'
import { DEFAULT_TIMINGS } from './doors/timings.ts'
import { createFigures } from './figures.ts'
import { openJournal } from './journal/open.ts'
import { createLogger } from './logger.ts'
import { createLogMailer, createSmtpMailer, type Mailer } from './mailer.ts'
import type { Broker } from './realtime/broker.ts'
import { openBroker, type BrokerPlace } from './realtime/open-broker.ts'
import { openRealtime } from './realtime/open-realtime.ts'
import { openSource } from './realtime/open-source.ts'
import { Rounds } from './realtime/rounds.ts'
import type { ServerOptions, Surroundings } from './server-options.ts'
import type { Deps } from './services/deps.ts'
import { writeBuiltinScopes } from './services/oauth/builtin-scopes.ts'
import { breathUntil, Jobs } from './services/jobs.ts'
import { sweepNotifications } from './services/notification/sweep.ts'
import { openPost } from './services/post.ts'
import { admitExternal } from './services/external-sign-in.ts'
import { openReceiptWriter } from './services/receipt-writer.ts'
import { sweepSessions } from './services/session-sweep.ts'
import { startJobs } from './services/start-jobs.ts'
import { openElsewhere } from './users-of-elsewhere.ts'

/** The opened parts of a running server. */
export interface Parts {
  readonly deps: Deps
  readonly doors: Doors
  /** Takes nothing new, and closes the WebSockets. */
  drain(): Promise<void>
  /** A part that cannot be closed does not keep the others open; the first failure is told in the end. */
  close(): Promise<void>
}

type PartsOptions = ServerOptions & Surroundings

/** Opens all parts. Rejects, with nothing left open, as soon as one cannot be opened. */
export async function openParts(options: PartsOptions, config: Config): Promise<Parts> {
  const opened = new Opened()
  const { log = createLogger({ level: config.logLevel }) } = options
  try {
    const deps = await openDeps({ ...options, log }, config, opened)
    const timings = { ...DEFAULT_TIMINGS, ...options.timings }
    opened.add(startSweeps(deps))
    opened.add(startStatistics(deps))
    startJobs(deps)
    const doors = opened.add(openDoors(deps, timings, options.openTrpc))
    return {
      deps,
      doors,
      async drain() {
        doors.stop()
        // What they leave is taken up at the next start, or by another node; waited for when the rest is closed.
        void deps.jobs.close()
        await deps.realtime.drain()
      },
      close() {
        deps.database.hurry()
        return opened.close()
      },
    }
  } catch (error) {
    // What began it is told to the caller.
    await opened.close().catch((other: unknown) => log.error({ err: other }, 'a part stays open'))
    throw error
  }
}

async function openDeps(
  options: PartsOptions & Pick<Deps, 'log'>,
  config: Config,
  opened: Opened,
): Promise<Deps> {
  const { clock = systemClock, machine, log, kinds, conversationData } = options
  const secrets = await openSecrets(config)
  const report = (error: unknown) => log.error({ err: error }, 'a callback failed after a commit')
  const figures = createFigures()
  const { limits, databaseUrl: url } = config
  const database = opened.add(await openDatabase({ ...options, url, clock, report, figures }))
  await claimSecrets(database, secrets)
  await writeBuiltinScopes(database)
  const journal = openJournal({
    database,
    epoch: await readEpoch(database),
    figures,
    onFuturePosition: (position, head) =>
      log.error({ position, head }, 'a client is ahead of the database: it may have lost data'),
  })
  const admit = (person: ExternalPerson) => admitExternal(deps, person)
  const { external, providers } = await openElsewhere(config, { clock, machine, admit })
  const auth = openAuth({ ...options, database, clock, secrets, limits, log, external })
  const source = openSource(database, journal)
  const { epoch } = journal
  const around = { clock, machine, log, figures }
  const broker = openCarrier(options, config, { ...around, epoch, secrets })
  const realtime = opened.add(
    await openRealtime({ ...options.timings, ...around, broker, source, journal }),
  )
  // Closed before live delivery: what it still commits is pushed, and told to the other nodes.
  opened.add(journal)
  const receipts = opened.add(openReceiptWriter(database, journal, machine))
  const jobs = opened.add(new Jobs({ machine, log }))
  const mailer = options.mailer ?? mailerOf(config, log)
  const post = opened.add(openPost({ mailer, machine, log }))
  const parts = { database, journal, realtime, receipts, auth, jobs, post, providers }
  const deps: Deps = { ...parts, ...around, config, kinds, conversationData }
  return deps
}

function openCarrier(
  { broker }: PartsOptions,
  config: Config,
  node: Parameters<typeof openBroker>[1],
): Broker | undefined {
  return typeof broker === 'object' ? broker : openBroker(brokerPlace(config), node)
}

function mailerOf(config: Config, log: Deps['log']): Mailer | undefined {
  if (config.smtpUrl !== undefined) return createSmtpMailer(config.smtpUrl, config.mailFrom)
  return isForThisMachineAlone(config) ? createLogMailer(log) : undefined
}

function brokerPlace({ broker, databaseUrl, redisUrl = '' }: Config): BrokerPlace {
  switch (broker) {
    case 'none':
      return { kind: broker }
    case 'postgres':
      return { kind: broker, url: databaseUrl }
    case 'redis':
      return { kind: broker, url: redisUrl }
  }
}

/** Forgets what ended long ago, once an hour; several nodes do it one after the other without harm. */
function startSweeps(deps: Deps): Closeable {
  const closing = new AbortController()
  const breath = breathUntil(deps.machine, closing.signal)
  const sweeps = new Rounds({
    everyMs: 60 * 60 * 1000,
    spread: 0.2,
    machine: deps.machine,
    onFailure: (error) => deps.log.warn({ err: error }, 'ended sessions could not be forgotten'),
    async run() {
      await sweepSessions(deps, breath)
      await sweepNotifications(deps, breath)
    },
  })
  sweeps.start()
  return {
    close() {
      closing.abort()
      return sweeps.close()
    },
  }
}

/** How soon a database that grows from nothing is looked at: its tables double within seconds when everybody comes. */
const STATISTICS_MS = 2000

function startStatistics({ database, machine, log }: Deps): Closeable {
  const rounds = new Rounds({
    everyMs: STATISTICS_MS,
    spread: 0.2,
    machine,
    onFailure: (error) => log.warn({ err: error }, 'statistics of tables could not be made'),
    run: () => database.refreshStatistics(),
  })
  if (database.engine === 'postgres') rounds.start()
  return rounds
}

interface Closeable {
  close(): Promise<void>
}

/** What has been opened, and is closed in the reverse order. */
class Opened {
  readonly #parts: Closeable[] = []

  add<Part extends Closeable>(part: Part): Part {
    this.#parts.unshift(part)
    return part
  }

  async close(): Promise<void> {
    const failures: unknown[] = []
    for (const part of this.#parts)
      await part.close().catch((error: unknown) => failures.push(error))
    if (failures.length > 0) throw failures[0]
  }
}
