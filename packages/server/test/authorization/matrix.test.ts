import { once } from 'node:events'
import { isTidingsError } from '@tidings/protocol/wire'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { register, type Person } from '../contract/person.ts'
import { RawTrpcClient } from '../doors/support/trpc-client.ts'
import { RestClient } from '../support/rest-client.ts'
import { startTestServer } from '../support/test-server.ts'
import { byHttp, PROCEDURES } from './by-http.ts'
import { ACTORS, type ActorName } from './actors.ts'
import { ROWS, type Row } from './rows.ts'
import { gather, say, setScene, setSharedScene, type Scene } from './scene.ts'

const server = await startTestServer({ engine: 'sqlite' })
afterAll(() => server[Symbol.asyncDispose]())
const cast = await gather(server)
const shared = await setSharedScene(server, cast)

/** What came of a call: `ok` or what the row's look says, or the code of the refusal; and the very answer. */
interface Answer {
  readonly outcome: string
  readonly raw: unknown
}

type Door = (path: string, input: unknown, person: Person | undefined) => Promise<Answer>

const byCaller: Door = async (path, input, person) => {
  try {
    const procedures = await server.server.createCaller(person?.accessToken)
    const [noun = '', verb = ''] = path.split('.')
    const calls = procedures as unknown as Record<
      string,
      Record<string, (input: unknown) => Promise<unknown>>
    >
    const raw = await calls[noun]?.[verb]?.(input)
    return { outcome: 'ok', raw: await firstOf(raw) }
  } catch (error) {
    const cause = isTidingsError(error) ? error : (error as Error).cause
    if (!isTidingsError(cause)) throw error
    return {
      outcome: cause.code,
      raw: { code: cause.code, message: cause.message, ...cause.details },
    }
  }
}

/** A subscription is answered once it has yielded. */
async function firstOf(raw: unknown): Promise<unknown> {
  if (typeof raw !== 'object' || raw === null || !(Symbol.asyncIterator in raw)) return raw
  for await (const item of raw as AsyncIterable<unknown>) return item
  return undefined
}

const overHttp: Door = async (path, input, person) => {
  const { outcome, status, text, result } = await byHttp(server, { path, input, person })
  return { outcome, raw: outcome === 'ok' ? result : { status, text } }
}

const rest = await RestClient.open(server)

const overRest: Door = async (path, input, person) => {
  const { outcome, status, text, result } = await rest.call(path, input, person?.accessToken)
  return { outcome, raw: outcome === 'ok' ? result : { status, text } }
}

/** By a connection of its own: some calls end the caller's. */
const overWebSocket: Door = async (path, input, person) => {
  await using client =
    person === undefined
      ? new RawTrpcClient(server.url, { query: '' })
      : await RawTrpcClient.open(server.url, person.accessToken)
  if (person === undefined) await once(client.socket, 'open')
  client.call(1, path, input, PROCEDURES.get(path)?._def.type)
  const find = () =>
    client.frames.find(({ error, result }) => error !== undefined || result?.type === 'data')
  const isOver = () => find() !== undefined || client.closeCode !== undefined
  await vi.waitUntil(isOver, { timeout: 15_000, interval: 2 })
  const frame = find()
  // The connection of a session that ends is closed at once (LIV8), and with it what was to be answered.
  if (frame === undefined) return { outcome: `closed by ${client.closeCode}`, raw: undefined }
  const { error, result } = frame
  return error === undefined
    ? { outcome: 'ok', raw: result?.data?.json }
    : { outcome: String(error.json.data['code']), raw: error }
}

const DOORS = { caller: byCaller, http: overHttp, rest: overRest, webSocket: overWebSocket }

/** REST has no subscription. */
const rowsOf = (door: keyof typeof DOORS) =>
  Object.entries(ROWS).filter(([path]) => door !== 'rest' || path !== 'sync.live')

async function personFor(row: Row, actor: ActorName): Promise<Person | undefined> {
  if (actor === 'anonymous') return undefined
  if (row.endsCaller !== true || actor === 'revoked') return cast.people[actor]
  return register(server, `fresh-${crypto.randomUUID().slice(0, 20)}`)
}

/** Who makes the calls of a row: of those whom it would sign out, one stands for all. */
function actorsOf(row: Row): readonly ActorName[] {
  return row.endsCaller === true || row.hashes === true
    ? ['anonymous', 'revoked', 'member']
    : ACTORS
}

/** What is refused changes nothing. */
const sceneFor = (row: Row, actor: ActorName): Promise<Scene> | Scene =>
  row.changes === true && row.outcomes[actor] === 'ok' ? setScene(server, cast) : shared

function expected(row: Row, door: keyof typeof DOORS, actor: ActorName): string {
  if (door === 'http' && row.http !== undefined) return row.http
  if (door === 'webSocket' && row.webSocket !== undefined && row.outcomes[actor] === 'ok')
    return row.webSocket
  // Who embeds the server signs in before he calls, and so does who opens a WebSocket.
  if ((door === 'caller' || door === 'webSocket') && actor === 'revoked') return 'SESSION_REVOKED'
  return row.outcomes[actor]
}

test('[CAL6] every procedure of the router has a row, and every row a procedure', () => {
  expect(Object.keys(ROWS).toSorted()).toEqual([...PROCEDURES.keys()].toSorted())
})

describe.each(Object.keys(DOORS) as (keyof typeof DOORS)[])('by %s', (name) => {
  test.each(rowsOf(name))('[CAL6] %s is for whom it is for', async (path, row) => {
    const outcomes: Record<string, string> = {}
    for (const actor of actorsOf(row)) {
      const scene = await sceneFor(row, actor)
      const person = await personFor(row, actor)
      const { outcome, raw } = await DOORS[name](path, row.input(scene, actor), person)
      outcomes[actor] = outcome === 'ok' && row.look !== undefined ? row.look(raw) : outcome
    }
    const wanted = actorsOf(row).map((actor) => [actor, expected(row, name, actor)])
    expect(outcomes).toEqual(Object.fromEntries(wanted))
  })

  const withTarget = rowsOf(name).filter(([, { nowhere }]) => nowhere !== undefined)
  test.each(withTarget)(
    '[CAL6] [CNV3] %s: what is not his and what is not there are one answer',
    async (path, row) => {
      const input = row.input(shared, 'stranger') as Record<string, unknown>
      const { stranger } = cast.people
      const foreign = await DOORS[name](path, input, stranger)
      const absent = await DOORS[name](path, row.nowhere?.(input), stranger)
      const idless = (answer: Answer) =>
        JSON.stringify(answer).replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'an id')
      expect(idless(foreign)).toEqual(idless(absent))
    },
  )
})

test('[CAL6] [CNV3] a direct conversation is no group, not for the two either, and nothing for others', async () => {
  const { owner, admin, stranger } = cast.people
  const byOwner = await server.server.createCaller(owner.accessToken)
  const direct = await byOwner.conversation.open({ userId: admin.userId })
  const own = async () => say(byOwner, direct.id)
  const messages = { membersMessage: await own(), ownersMessage: await own() }
  const scene = { ...shared, ...messages, group: direct.id }
  const rows = Object.entries(ROWS)
  // What is hidden is not there for the calls that follow.
  const isHiding = ([path]: readonly [string, Row]) => path.endsWith('.hide')
  for (const [path, row] of [...rows.filter((at) => !isHiding(at)), ...rows.filter(isHiding)]) {
    if (row.nowhere === undefined || /^(session|presence|oauth)\./.test(path)) continue
    const isGroupOnly = path.startsWith('group.') && path !== 'group.listMembers'
    const input = row.input(scene, 'owner')
    for (const [person, mayCall] of [
      [owner, !isGroupOnly],
      [stranger, false],
    ] as const) {
      const { outcome, raw } = await overHttp(path, input, person)
      const seen = outcome === 'ok' && row.look !== undefined ? row.look(raw) : outcome
      const refused = path.startsWith('sync.pull') ? 'gone' : 'NOT_FOUND'
      expect([path, person.name, seen]).toEqual([
        path,
        person.name,
        mayCall ? (row.look === undefined ? 'ok' : 'events') : refused,
      ])
    }
  }
})
