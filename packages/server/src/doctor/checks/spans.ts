import { typeToNumber } from '../../stores/event-type.ts'
import type { Check, Dialect } from '../check.ts'

const JOINED = typeToNumber('member.joined')
const LEFT = typeToNumber('member.left')

/** Who sees what, and whether membership says the same. */
export function spanChecks(dialect: Dialect): readonly Check[] {
  return [bounds, overlaps, open, strangers, own, ends(dialect), membership(dialect)]
}

const bounds: Check = {
  name: 'span-bounds',
  promise: 'no span reaches beyond the head of its stream, and an ended one has its time',
  rules: ['CNV13', 'SYN22'],
  broken: `
    select s.name as stream, p.user_key, p.from_seq, p.to_seq, s.head
    from spans p join streams s on s.key = p.stream_key
    where p.from_seq < 1 or p.from_seq > s.head + 1
      or p.to_seq < p.from_seq - 1 or p.to_seq > s.head
      or (p.to_seq is null) <> (p.ended_ts is null)`,
}

const overlaps: Check = {
  name: 'span-overlaps',
  promise: 'the spans of one user on one stream do not overlap',
  rules: ['CNV13'],
  broken: `
    select p.stream_key, p.user_key, p.before_from, p.before_to, p.from_seq
    from (
      select stream_key, user_key, from_seq,
        lag(from_seq) over (partition by stream_key, user_key order by from_seq) as before_from,
        lag(to_seq) over (partition by stream_key, user_key order by from_seq) as before_to
      from spans
    ) p
    where p.before_from is not null and (p.before_to is null or p.before_to >= p.from_seq)`,
}

const open: Check = {
  name: 'span-members',
  promise: 'members, and nobody else, have open spans on both streams of their conversation',
  rules: ['CNV13', 'LIV1', 'JRN8'],
  broken: `
    select c.id as conversation, m.user_key, m.state,
      pm.from_seq as messages_from, pr.from_seq as receipts_from
    from members m join conversations c on c.key = m.conversation_key
    left join spans pm on pm.stream_key = c.message_stream_key and pm.user_key = m.user_key
      and pm.to_seq is null
    left join spans pr on pr.stream_key = c.receipt_stream_key and pr.user_key = m.user_key
      and pr.to_seq is null
    where (m.state = 'active') <> (pm.user_key is not null)
      or (m.state = 'active') <> (pr.user_key is not null)`,
}

const strangers: Check = {
  name: 'span-strangers',
  promise: 'nobody sees a conversation that he was never in, nor the own stream of another',
  rules: ['SYN22', 'LIV1'],
  broken: `
    select s.name as stream, p.user_key, p.from_seq, p.to_seq
    from spans p join streams s on s.key = p.stream_key
    join users u on u.stream_key = s.key
    where u.key <> p.user_key
    union all
    select s.name, p.user_key, p.from_seq, p.to_seq
    from spans p join streams s on s.key = p.stream_key
    left join conversations cm on cm.message_stream_key = s.key
    left join conversations cr on cr.receipt_stream_key = s.key
    left join members m on m.conversation_key = coalesce(cm.key, cr.key) and m.user_key = p.user_key
    where coalesce(cm.key, cr.key) is not null and m.user_key is null`,
}

const own: Check = {
  name: 'span-own',
  promise: 'each user sees all of his own stream',
  rules: ['ACC1'],
  broken: `
    select u.id as user_id, u.stream_key from users u
    left join spans p on p.stream_key = u.stream_key and p.user_key = u.key
      and p.from_seq = 1 and p.to_seq is null
    where p.user_key is null`,
}

function ends(dialect: Dialect): Check {
  return {
    name: 'span-ends',
    promise: "an ended span ends with the event of its user's leaving",
    rules: ['CNV7'],
    broken: `
      select s.name as stream, p.user_key, p.to_seq, e.type
      from spans p join conversations c on c.message_stream_key = p.stream_key
      join streams s on s.key = p.stream_key
      join users u on u.key = p.user_key
      join events e on e.stream_key = p.stream_key and e.seq = p.to_seq
      where e.type <> ${LEFT} or ${dialect.text('e.body', ['userId'])} <> u.id`,
  }
}

function membership(dialect: Dialect): Check {
  const userId = dialect.text('e.body', ['userId'])
  return {
    name: 'member-events',
    promise: 'who is a member is what the events of joining and leaving say',
    rules: ['CNV14'],
    broken: `
      select c.id as conversation, u.key as user_key, x.seq, x.type, m.state
      from (
        select e.stream_key, e.seq, e.type, ${userId} as user_id,
          row_number() over (partition by e.stream_key, ${userId} order by e.seq desc) as place
        from events e where e.type in (${JOINED}, ${LEFT})
      ) x join conversations c on c.message_stream_key = x.stream_key
      left join users u on u.id = x.user_id
      left join members m on m.conversation_key = c.key and m.user_key = u.key
      where x.place = 1 and (x.type = ${JOINED}) <> (coalesce(m.state, 'none') = 'active')`,
  }
}
