import { setTimeout as pause } from 'node:timers/promises'
import type { Crowd } from './crowd.ts'
import type { ServerNode } from './system/node.ts'
import type { System } from './system/system.ts'

/** Whoever says nothing within so long, milliseconds, is what everybody waits for. */
const ANSWER_MS = 10_000

/** Figures of a server that tell what it has under way, and what it could not do. */
const TELLING =
  /^tidings_(connections|database_(connections|wait_timeouts|retries)|refusals|send_batch_seconds_count|head_check|slow_readers|storage_full|broker_connected)/

/**
 * What there is to know while calls are not answered, or devices are behind, a line each: the calls, how each was tried and what came of it, the outbox and
 * the connection of each device concerned; the figures and last words of each server; the sessions of Postgres.
 */
export async function describeStuck(system: System, crowd: Crowd): Promise<readonly string[]> {
  const told = await Promise.all([
    inTime('clients', crowd.stuck()),
    ...system.nodes.map((node) => inTime(node.name, figuresOf(node))),
    inTime('Postgres', sessionsOf(system)),
  ])
  return told.flat().map((line) => withNode(line, system))
}

async function inTime(who: string, told: Promise<readonly string[]>): Promise<readonly string[]> {
  const silent = pause(ANSWER_MS, [`${who}: no answer within ${ANSWER_MS} ms`], { ref: false })
  return Promise.race([told, silent]).catch((error: unknown) => [`${who}: ${String(error)}`])
}

async function figuresOf({ name, port, lastWords }: ServerNode): Promise<readonly string[]> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`)
  const figures = tellingOf(await response.text())
  return [figures.join(', '), ...lastWords].map((line) => `${name}: ${line}`)
}

/** Those figures of an exposition that tell something and are not 0. */
export function tellingOf(exposition: string): readonly string[] {
  return exposition.split('\n').filter((line) => TELLING.test(line) && !line.endsWith(' 0'))
}

async function sessionsOf({ services, database }: System): Promise<readonly string[]> {
  const sessions = (await services.postgres?.listSessions(database)) ?? []
  return sessions.map((session) => `Postgres: ${session}`)
}

/** A device knows its own port; whom the wire has carried that to is known here. */
function withNode(line: string, { fronts, nodes }: System): string {
  return line.replace(/from port (\d+)/, (said, near: string) => {
    const port = fronts
      .map((front) => front.targetOf(Number(near)))
      .find((one) => one !== undefined)
    return `${said} to ${nodes.find((node) => node.port === port)?.name ?? 'nobody'}`
  })
}
