import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { startServerProcess } from '../../../server/test/e2e/support/server-process.ts'
import { createTestPlace, describeEngines } from '../../../server/test/support/databases.ts'
import {
  createClient,
  memoryStorage,
  type ClientOptions,
  type Credentials,
  type NoKinds,
} from '../../src/index.ts'

/** `AWAY=100000 npm test -- packages/sdk/test/e2e/long-away.test.ts` is the proof. */
const AWAY = Number(process.env['AWAY'] ?? 20_000)
const PASSWORD = 'correct horse'
/** Nobody waits for all of them at once. */
const AT_ONCE = 1000
/** Far less than what 100,000 events weigh, and more than a page of them and the newest that are kept. */
const CLIENT_MB = 40
const SERVER_MB = 150

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** In use, when the collector has taken what it can. */
function clientMb(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed / 2 ** 20
}

function serverMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
}

type Options = Pick<ClientOptions<NoKinds>, 'catchUp' | 'storage' | 'tokens'>

/** A device of a user: where it stands in the order of what it is told, and what it weighs meanwhile. */
function openDevice(url: string, options: Options) {
  const client = createClient({ url, delivered: 'manual', ...options })
  const told = { seq: 0, count: 0, resets: [] as string[], broken: [] as string[], mostMb: 0 }
  client.on('event', ({ stream, seq }) => {
    if (!stream.startsWith('m:')) return
    if (told.seq > 0 && seq !== told.seq + 1) told.broken.push(`${seq} after ${told.seq}`)
    told.seq = seq
    told.count += 1
    if (told.count % 5000 === 0) told.mostMb = Math.max(told.mostMb, clientMb())
  })
  client.on('reset', ({ stream, reason }) => {
    if (!stream.startsWith('m:')) return
    told.resets.push(reason)
    told.seq = 0
  })
  return { client, told }
}

async function caughtUp({ client }: ReturnType<typeof openDevice>): Promise<void> {
  const isUp = new Promise((resolve) => client.on('caughtUp', resolve))
  await client.connect()
  await isUp
}

/** What a device has of its own, from one run of its program to the next. */
function deviceOptions(catchUp: Options['catchUp']): Options {
  let kept: Credentials | undefined
  const tokens = { load: () => kept, save: (given: Credentials | undefined) => void (kept = given) }
  return { catchUp, storage: memoryStorage(), tokens }
}

describeEngines('two devices that were away for very much', (engine) => {
  test(
    `[SYN29] come back together over ${AWAY} events: one is told each of them once and in order, the other where it goes on, and neither they nor the server hold all of it`,
    { timeout: 300_000 },
    async () => {
      await using place = await createTestPlace(engine)
      await using server = await startServerProcess({ DATABASE_URL: place.url })
      const { client: ann } = openDevice(server.url, {})
      const phoneOptions = deviceOptions('from-start')
      const laptopOptions = deviceOptions('from-head')
      const first = [
        openDevice(server.url, phoneOptions),
        openDevice(server.url, laptopOptions),
      ] as const
      const clients = [ann, ...first.map(({ client }) => client)]
      try {
        await ann.account.register({ username: 'ann', password: PASSWORD, signIn: true })
        await first[0].client.account.register({
          username: 'bob',
          password: PASSWORD,
          signIn: true,
        })
        await first[1].client.account.login({ login: 'bob', password: PASSWORD })
        const userIds = [String(first[0].client.userId)]
        const { id } = await ann.group.create({ name: 'Busy', userIds })
        await Promise.all([ann.connect(), ...first.map(caughtUp)])
        await Promise.all(first.map(({ client }) => client.close()))

        let last = 0
        for (let said = 0; said < AWAY; said += AT_ONCE) {
          const some = Array.from({ length: AT_ONCE }, (_, at) =>
            ann.message.send({
              conversationId: id,
              body: { kind: 'text', text: `number ${said + at} of ${AWAY}` },
            }),
          )
          last = Math.max(...(await Promise.all(some)).map(({ seq }) => seq))
        }

        const phone = openDevice(server.url, phoneOptions)
        const laptop = openDevice(server.url, laptopOptions)
        clients.push(phone.client, laptop.client)
        const clientBefore = clientMb()
        const serverBefore = serverMb(server.pid)
        await Promise.all([caughtUp(phone), caughtUp(laptop)])
        expect(phone.told).toMatchObject({ seq: last, broken: [], resets: [] })
        expect(phone.told.count).toBe(AWAY)
        expect(laptop.told).toMatchObject({ broken: [], resets: ['too_far'] })
        expect(phone.told.mostMb - clientBefore).toBeLessThan(CLIENT_MB)
        expect(serverMb(server.pid) - serverBefore).toBeLessThan(SERVER_MB)
      } finally {
        await Promise.all(clients.map((client) => client.close()))
      }
    },
  )
})
