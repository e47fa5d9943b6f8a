import { DELETED } from '../checker/history.ts'
import type { Staged, Verdict } from './model-database.ts'
import type { ModelStream, Row } from './model-stream.ts'
import type { Process, Reply } from './process.ts'

/** What a sender is told. */
interface Sent {
  readonly row: Row
  readonly duplicate: boolean
}

interface Send {
  readonly user: number
  readonly conversation: number
  readonly key: string
}

/** message.send */
export function send(node: Process, { user, conversation, key }: Send, reply: Reply): void {
  const { db, world } = node.cluster
  const { bug, random, time } = world
  const stream = db.stream(`m:${conversation}`)
  const wasMember = isMember(stream, user)
  const begin = () => {
    const memberAtBegin = isMember(stream, user)
    const admits = () => {
      if (bug === 'membership-before-lock') return wasMember
      return bug === 'membership-in-one-statement' ? memberAtBegin : isMember(stream, user)
    }
    db.append<Sent>({
      streams: [stream],
      isAlive: node.life(),
      decide: (staged) => {
        const known = findSent(node, stream, { user, key })
        if (known !== undefined) return { ok: true, result: { row: known, duplicate: true } }
        if (!admits()) return { ok: false, refused: 'not a member' }
        const row = db.stage(staged, stream, { kind: 'message', sent: { user: String(user), key } })
        return { ok: true, result: { row, duplicate: false } }
      },
      written: (rows, { row }) => {
        if (bug === 'publish-before-commit') node.committed(rows)
        if (bug === 'ack-before-commit') reply({ kind: 'done', row })
      },
      done: (outcome) => {
        if (outcome.kind === 'refused') reply({ kind: 'refused' })
        else if (outcome.kind === 'aborted') reply({ kind: 'unavailable' })
        else {
          node.remembered.set(`${stream.name} ${user} ${key}`, outcome.result.row)
          reply({ kind: 'done', row: outcome.result.row })
          if (bug !== 'publish-before-commit') node.committed(outcome.rows)
        }
      },
    })
  }
  // Now and then a transaction begins late: the pool is busy.
  const late = random.chance(0.1) ? random.below(30) : 0
  const isAlive = node.life()
  time.after(db.delay() + late, () => {
    if (isAlive()) begin()
  })
}

function isMember(stream: ModelStream, user: number): boolean {
  return stream.openSpan(user) !== undefined
}

function findSent(
  node: Process,
  stream: ModelStream,
  { user, key }: { readonly user: number; readonly key: string },
): Row | undefined {
  const { bug } = node.cluster.world
  if (bug === 'dedupe-in-memory') return node.remembered.get(`${stream.name} ${user} ${key}`)
  if (bug === 'dedupe-without-sender') return stream.log.find(({ sent }) => sent?.key === key)
  return stream.keys.get(`${user} ${key}`)
}

interface Mark {
  readonly user: number
  readonly conversation: number
  readonly delivered: number
  readonly read: number
}

/** message.delivered and message.read */
export function mark(node: Process, wanted: Mark, reply: Reply): void {
  const { db } = node.cluster
  const messages = db.stream(`m:${wanted.conversation}`)
  const receipts = db.stream(`r:${wanted.conversation}`)
  db.append({
    streams: [receipts],
    isAlive: node.life(),
    decide: (staged) => decideMark(node, { wanted, messages, receipts }, staged),
    done: (outcome) => {
      if (outcome.kind === 'refused') reply({ kind: 'refused' })
      else if (outcome.kind === 'aborted') reply({ kind: 'unavailable' })
      else {
        reply({ kind: 'done', row: undefined })
        node.committed(outcome.rows)
      }
    },
  })
}

function decideMark(
  node: Process,
  { wanted, messages, receipts }: { wanted: Mark; messages: ModelStream; receipts: ModelStream },
  staged: Staged,
): Verdict<undefined> {
  const { db, world } = node.cluster
  const { user, conversation } = wanted
  const head = messages.visibleHead(user)
  if (!isMember(receipts, user)) return { ok: false, refused: 'not a member' }
  const beyond = Math.max(wanted.delivered, wanted.read) > head
  if (beyond && world.bug !== 'receipt-beyond-head')
    return { ok: false, refused: 'no such message' }
  const who = `${conversation} ${user}`
  const before = db.marks.get(who) ?? { delivered: 0, read: 0 }
  const least = world.bug === 'receipt-without-max' ? { delivered: 0, read: 0 } : before
  const read = Math.max(least.read, wanted.read)
  const delivered = Math.max(least.delivered, wanted.delivered, read)
  if (read === before.read && delivered === before.delivered) return { ok: true, result: undefined }
  db.stage(staged, receipts, {
    kind: 'receipt',
    receipt: { user: String(user), delivered, read, head },
  })
  staged.changes.push(() => db.marks.set(who, { delivered, read }))
  return { ok: true, result: undefined }
}

interface MessageChange {
  readonly user: number
  readonly conversation: number
  readonly of: number
  readonly version: number
}

/** message.edit and message.delete */
export function changeMessage(node: Process, change: MessageChange, reply: Reply): void {
  const { db } = node.cluster
  const stream = db.stream(`m:${change.conversation}`)
  db.append({
    streams: [stream],
    isAlive: node.life(),
    decide: (staged) => decideChange(node, stream, { change, staged }),
    done: (outcome) => {
      if (outcome.kind === 'refused') reply({ kind: 'refused' })
      else if (outcome.kind === 'aborted') reply({ kind: 'unavailable' })
      else {
        reply({ kind: 'done', row: undefined })
        node.committed(outcome.rows)
      }
    },
  })
}

function decideChange(
  node: Process,
  stream: ModelStream,
  { change, staged }: { readonly change: MessageChange; readonly staged: Staged },
): Verdict<undefined> {
  const { user, of, version } = change
  const message = stream.rowAt(of)
  const isOwn = message?.sent?.user === String(user)
  if (!isMember(stream, user) || !isOwn || of <= stream.floor)
    return { ok: false, refused: 'no such message' }
  const now = stream.versions.get(of) ?? 0
  if (now === version) return { ok: true, result: undefined }
  if (now === DELETED) return { ok: false, refused: 'it is deleted' }
  node.cluster.db.stage(staged, stream, { kind: 'changed', says: { of, version } })
  return { ok: true, result: undefined }
}

interface Change {
  readonly kind: 'join' | 'leave'
  readonly conversation: number
  readonly member: number
}

/** group.join, group.addMembers, group.leave, group.removeMember */
export function changeMembership(node: Process, change: Change, reply: Reply): void {
  const { db } = node.cluster
  const messages = db.stream(`m:${change.conversation}`)
  const receipts = db.stream(`r:${change.conversation}`)
  const own = db.stream(`u:${change.member}`)
  db.append({
    streams: change.kind === 'join' ? [messages, receipts, own] : [messages, receipts],
    isAlive: node.life(),
    decide: (staged) => {
      const inside = isMember(messages, change.member)
      if (inside === (change.kind === 'join')) return { ok: false, refused: 'nothing to change' }
      if (inside) leave(node, { messages, receipts, member: change.member }, staged)
      else join(node, { messages, receipts, own, change }, staged)
      return { ok: true, result: undefined }
    },
    done: (outcome) => {
      if (outcome.kind === 'refused') reply({ kind: 'refused' })
      else if (outcome.kind === 'aborted') reply({ kind: 'unavailable' })
      else {
        reply({ kind: 'done', row: undefined })
        node.committed(outcome.rows)
      }
    },
  })
}

interface Joining {
  readonly messages: ModelStream
  readonly receipts: ModelStream
  readonly own: ModelStream
  readonly change: Change
}

/** Every second conversation shows newcomers its history. */
function showsHistory(conversation: number): boolean {
  return conversation % 2 === 1
}

function join(node: Process, { messages, receipts, own, change }: Joining, staged: Staged): void {
  const { db, world } = node.cluster
  const { member, conversation } = change
  const joined = db.stage(staged, messages, { kind: 'joined' })
  db.stage(staged, own, { kind: 'added' })
  staged.changes.push(() => {
    const since = world.time.now
    const spans = messages.spans[member] ?? []
    const from = showsHistory(conversation) ? (spans.at(-1)?.to ?? 0) + 1 : joined.seq + 1
    spans.push({ from, to: undefined, since })
    receipts.spans[member]?.push({ from: receipts.head + 1, to: undefined, since })
  })
}

/** The leaving is the last that the leaver sees. */
function leave(
  node: Process,
  {
    messages,
    receipts,
    member,
  }: { readonly messages: ModelStream; readonly receipts: ModelStream; readonly member: number },
  staged: Staged,
): void {
  const { db } = node.cluster
  const left = db.stage(staged, messages, { kind: 'left' })
  staged.changes.push(() => {
    const span = messages.openSpan(member)
    const receiptSpan = receipts.openSpan(member)
    if (span !== undefined) span.to = left.seq
    if (receiptSpan !== undefined) receiptSpan.to = receipts.head
  })
}
