import { typeToNumber } from '../../stores/event-type.ts'
import type { Check } from '../check.ts'

const IN_MESSAGES = [
  'message.created',
  'message.edited',
  'message.deleted',
  'message.reacted',
  'group.updated',
  'member.joined',
  'member.left',
  'member.muted',
  'member.banned',
] as const
const IN_OWN = [
  'mark.updated',
  'message.hidden',
  'conversation.added',
  'conversation.hidden',
  'conversation.preferenceUpdated',
  'notification.created',
  'notification.updated',
  'user.updated',
  'contact.updated',
  'block.updated',
] as const

/** Streams and their events: numbers, times, tags, kinds. */
export function streamChecks(): readonly Check[] {
  return [seqs, heads, times, tags, types, names, owners]
}

const seqs: Check = {
  name: 'stream-seqs',
  promise: 'the events of each stream follow its floor without a gap, up to its head',
  rules: ['JRN1', 'JRN3', 'JRN13'],
  broken: `
    select s.name as stream, s.floor, s.head, e.oldest, e.newest, coalesce(e.events, 0) as events
    from streams s left join (
      select stream_key, count(*) as events, min(seq) as oldest, max(seq) as newest
      from events group by stream_key
    ) e on e.stream_key = s.key
    where s.floor < 0 or s.floor > s.head or coalesce(e.events, 0) <> s.head - s.floor
      or (e.events > 0 and (e.oldest <> s.floor + 1 or e.newest <> s.head))`,
}

const heads: Check = {
  name: 'stream-heads',
  promise: 'the head of each stream has the tag and the time of its last event',
  rules: ['JRN5', 'JRN6', 'SYN22'],
  broken: `
    select s.name as stream, s.head, s.head_tag, e.tag, s.last_ts, e.ts
    from streams s left join events e on e.stream_key = s.key and e.seq = s.head
    where (s.head = 0 and s.head_tag <> 0)
      or (e.seq is not null and (e.tag <> s.head_tag or e.ts <> s.last_ts))`,
}

const times: Check = {
  name: 'event-times',
  promise: 'the times of each stream grow with its seqs',
  rules: ['JRN1', 'JRN5'],
  broken: `
    select s.name as stream, e.seq, e.ts, e.previous
    from (
      select stream_key, seq, ts,
        lag(ts) over (partition by stream_key order by seq) as previous
      from events
    ) e join streams s on s.key = e.stream_key
    where e.ts <= e.previous`,
}

const tags: Check = {
  name: 'event-tags',
  promise: 'every event has a tag of 32 bits that is not 0',
  rules: ['JRN6'],
  broken: `
    select e.stream_key, e.seq, e.tag from events e where e.tag < 1 or e.tag > 4294967295`,
}

const types: Check = {
  name: 'event-types',
  promise: 'every event is of a kind that belongs into its stream',
  rules: ['JRN1'],
  broken: `
    select s.name as stream, e.seq, e.type from events e join streams s on s.key = e.stream_key
    where not (
      (s.name like 'm:%' and e.type in (${IN_MESSAGES.map(typeToNumber).join()}))
      or (s.name like 'r:%' and e.type = ${typeToNumber('receipt.updated')})
      or (s.name like 'u:%' and e.type in (${IN_OWN.map(typeToNumber).join()}))
    )`,
}

const names: Check = {
  name: 'stream-names',
  promise: 'each conversation and each user has streams of its own name',
  rules: ['JRN14', 'ACC1', 'CNV2'],
  broken: `
    select 'conversation' as owner, c.id, c.message_stream_key as stream_key, s.name as stream
    from conversations c left join streams s on s.key = c.message_stream_key
    where s.key is null or s.name <> 'm:' || c.id
    union all
    select 'conversation', c.id, c.receipt_stream_key, s.name
    from conversations c left join streams s on s.key = c.receipt_stream_key
    where s.key is null or s.name <> 'r:' || c.id
    union all
    select 'user', u.id, u.stream_key, s.name
    from users u left join streams s on s.key = u.stream_key
    where s.key is null or s.name <> 'u:' || u.id`,
}

const owners: Check = {
  name: 'stream-owners',
  promise: 'each stream belongs to a conversation or a user',
  rules: ['ACC1', 'CNV2'],
  broken: `
    select s.key as stream_key, s.name as stream, s.head from streams s
    left join conversations m on m.message_stream_key = s.key
    left join conversations r on r.receipt_stream_key = s.key
    left join users u on u.stream_key = s.key
    where m.key is null and r.key is null and u.key is null`,
}
