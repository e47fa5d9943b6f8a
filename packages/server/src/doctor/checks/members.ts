import { typeToNumber } from '../../stores/event-type.ts'
import type { Check, Dialect } from '../check.ts'

const RECEIPT = typeToNumber('receipt.updated')
const MARK = typeToNumber('mark.updated')

/** Conversations, their members and how far these have got. */
export function memberChecks(dialect: Dialect): readonly Check[] {
  return [counts, owners, directs, marks, receipts(dialect), ownMarks(dialect)]
}

const counts: Check = {
  name: 'member-counts',
  promise: 'each conversation counts its members right',
  rules: ['CNV14'],
  broken: `
    select c.id as conversation, c.member_count, coalesce(m.members, 0) as members
    from conversations c left join (
      select conversation_key, count(*) as members from members
      where state = 'active' group by conversation_key
    ) m on m.conversation_key = c.key
    where c.member_count <> coalesce(m.members, 0)`,
}

const owners: Check = {
  name: 'group-owners',
  promise: 'a group that has members has an owner',
  rules: ['CNV8'],
  broken: `
    select c.id as conversation, m.members
    from conversations c join (
      select conversation_key, count(*) as members,
        count(case when role = 'owner' then 1 end) as owners
      from members where state = 'active' group by conversation_key
    ) m on m.conversation_key = c.key
    where c.kind = 'group' and m.owners = 0`,
}

const directs: Check = {
  name: 'direct-pairs',
  promise:
    'a direct conversation is that of the two users whom it is kept under, and notes are those of one',
  rules: ['CNV1', 'INB6'],
  broken: `
    select c.id as conversation, c.kind, c.direct_key, m.pair, coalesce(m.members, 0) as members
    from conversations c left join (
      select conversation_key, count(*) as members,
        cast(min(user_key) as text) || ':' || cast(max(user_key) as text) as pair
      from members group by conversation_key
    ) m on m.conversation_key = c.key
    where (c.kind <> 'group') <> (c.direct_key is not null)
      or (c.kind <> 'group' and (
        c.member_count <> case when c.kind = 'self' then 1 else 2 end
        or coalesce(m.members, 0) <> c.member_count or m.pair <> c.direct_key))`,
}

/** How far a member has read himself. */
const OWN_READ = `(case when m.private_read_seq > m.read_seq then m.private_read_seq else m.read_seq end)`

const marks: Check = {
  name: 'member-marks',
  promise: 'what others are told was read was delivered, and no mark lies beyond the head',
  rules: ['RCP1', 'RCP8', 'RCP9', 'INB4'],
  broken: `
    select c.id as conversation, m.user_key, m.read_seq, m.delivered_seq, s.head
    from members m join conversations c on c.key = m.conversation_key
    join streams s on s.key = c.message_stream_key
    where m.read_seq < 0 or m.read_seq > m.delivered_seq or m.delivered_seq > s.head
      or m.private_read_seq < 0 or m.private_read_seq > s.head
      or m.cleared_seq < 0 or m.cleared_seq > s.head
      or m.unread_from < 1 or m.unread_from > ${OWN_READ}`,
}

/** Where a member's marks begin: with what he sees of the messages, the last time that he came. */
const BEGINNINGS = `
  select stream_key, user_key, max(from_seq) - 1 as marks_at from spans group by stream_key, user_key`

/** In large groups marks move without an event; of a direct conversation the events say everything. */
function receipts(dialect: Dialect): Check {
  const value = (name: string) => dialect.text('item.value', [name])
  const to = dialect.integer('item.value', ['to'])
  return {
    name: 'receipt-marks',
    promise: "the events of receipts and the members' marks agree",
    rules: ['RCP1', 'RCP3'],
    broken: `
      select c.id as conversation, m.user_key, m.delivered_seq, m.read_seq, t.delivered, t.was_read
      from members m join conversations c on c.key = m.conversation_key
      join streams s on s.key = c.receipt_stream_key
      join users u on u.key = m.user_key
      left join (${BEGINNINGS}) b on b.stream_key = c.message_stream_key and b.user_key = m.user_key
      left join (
        select e.stream_key, ${value('userId')} as user_id,
          max(case when ${value('kind')} = 'delivered' then ${to} end) as delivered,
          max(case when ${value('kind')} = 'read' then ${to} end) as was_read
        from events e ${dialect.receipts('e.body')}
        where e.type = ${RECEIPT} group by e.stream_key, ${value('userId')}
      ) t on t.stream_key = c.receipt_stream_key and t.user_id = u.id
      where t.delivered > m.delivered_seq or t.was_read > m.read_seq
        or (c.kind = 'direct' and s.floor = 0 and (
          m.delivered_seq > coalesce(t.delivered, b.marks_at)
          or m.read_seq > coalesce(t.was_read, b.marks_at)))`,
  }
}

function ownMarks(dialect: Dialect): Check {
  const conversation = dialect.text('e.body', ['conversationId'])
  return {
    name: 'own-marks',
    promise: 'what a member has read is what his own stream says',
    rules: ['RCP4', 'RCP8'],
    broken: `
      select c.id as conversation, m.user_key, ${OWN_READ} as read_seq, t.told
      from members m join conversations c on c.key = m.conversation_key
      join users u on u.key = m.user_key
      join streams s on s.key = u.stream_key
      left join (${BEGINNINGS}) b on b.stream_key = c.message_stream_key and b.user_key = m.user_key
      left join (
        select e.stream_key, ${conversation} as conversation,
          max(${dialect.integer('e.body', ['readSeq'])}) as told
        from events e where e.type = ${MARK} group by e.stream_key, ${conversation}
      ) t on t.stream_key = u.stream_key and t.conversation = c.id
      where t.told > ${OWN_READ}
        or (s.floor = 0 and ${OWN_READ} > coalesce(t.told, 0) and ${OWN_READ} > b.marks_at)`,
  }
}
