// The yardstick: the least that a durable relay over WebSocket does. It knows who is in which conversation, stores each
// message with one transaction a turn of the event loop, forced to the disk before it is acknowledged, passes it on,
// and passes the receipt back. No checks, no repeats, no replay but by page.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import Sqlite from 'better-sqlite3'
import { WebSocketServer } from 'ws'
import { Corked } from '../corked.ts'
import { textOf } from '../scene.ts'
import type { RelayCall, RelayFrame } from './frames.ts'

const PAGE = 500
const [file = '', given = '{}'] = process.argv.slice(2)
const { conversations, messages } = JSON.parse(given) as {
  readonly conversations: readonly (readonly [id: string, members: readonly number[]])[]
  readonly messages: number
}

const database = new Sqlite(file)
database.exec(`
  pragma journal_mode = WAL;
  pragma synchronous = FULL;
  create table message (c text not null, seq integer not null, sender integer not null, text text not null,
    ts integer not null, primary key (c, seq)) without rowid;
`)
const insert = database.prepare('insert into message values (?, ?, ?, ?, ?)')
const select = database.prepare(
  'select seq, sender as "from", text from message where c = ? and seq > ? order by seq limit ?',
)
const membersOf = new Map(conversations)
const heads = new Map<string, number>()
const online = new Map<number, Corked>()

const [first] = conversations
if (first !== undefined && messages > 0) {
  database.transaction(() => {
    for (let seq = 1; seq <= messages; seq += 1) insert.run(first[0], seq, 0, textOf(seq), 0)
  })()
  heads.set(first[0], messages)
}

interface Waiting {
  readonly client: Corked
  readonly user: number
  readonly call: Extract<RelayCall, { t: 'send' }>
}
let waiting: Waiting[] = []

const frame = (value: RelayFrame): string => JSON.stringify(value)

function commit(): void {
  const batch = waiting
  waiting = []
  const now = Date.now()
  const seqs: number[] = []
  database.exec('begin immediate')
  for (const { user, call } of batch) {
    const seq = (heads.get(call.c) ?? 0) + 1
    heads.set(call.c, seq)
    insert.run(call.c, seq, user, call.text, now)
    seqs.push(seq)
  }
  database.exec('commit')
  for (const [index, { client, user, call }] of batch.entries()) {
    const seq = seqs[index] ?? 0
    client.send(frame({ t: 'ack', id: call.id, seq }))
    passOn(call.c, user, frame({ t: 'msg', c: call.c, seq, from: user, text: call.text }))
  }
}

function passOn(conversation: string, sender: number, text: string): void {
  for (const member of membersOf.get(conversation) ?? []) {
    if (member !== sender) online.get(member)?.send(text)
  }
}

function page(client: Corked, { c, after }: Extract<RelayCall, { t: 'sync' }>): void {
  const rows = select.all(c, after, PAGE) as { seq: number }[]
  client.send(frame({ t: 'page', rows, more: rows.length === PAGE }))
}

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
server.on('connection', (socket) => {
  const client = new Corked(socket)
  let user = -1
  socket.on('message', (data: Buffer) => {
    const call = JSON.parse(data.toString()) as RelayCall
    switch (call.t) {
      case 'auth':
        user = Number(call.token)
        online.set(user, client)
        client.send(frame({ t: 'ok' }))
        break
      case 'send':
        if (waiting.length === 0) setImmediate(commit)
        waiting.push({ client, user, call })
        break
      case 'got':
        passOn(call.c, user, frame(call))
        break
      case 'sync':
        page(client, call)
        break
    }
  })
  socket.on('close', () => online.delete(user))
})
await once(server, 'listening')
process.stdout.write(`listening ${(server.address() as AddressInfo).port}\n`)
process.on('SIGTERM', () => process.exit(0))
