import { DELETED_BODY } from '../../journal/event.ts'
import { typeToNumber } from '../../stores/event-type.ts'
import type { Check, Dialect } from '../check.ts'

const MESSAGE = typeToNumber('message.created')
const EDIT = typeToNumber('message.edited')
const DELETION = typeToNumber('message.deleted')
const DELETED = JSON.stringify(DELETED_BODY)

/** Messages, their edits and deletions. */
export function messageChecks(dialect: Dialect): readonly Check[] {
  return [bodies(dialect), columns, edits, erased, deletions(dialect)]
}

function bodies({ engine }: Dialect): Check {
  return {
    name: 'event-bodies',
    promise: 'the body of every event is JSON',
    rules: ['DB8'],
    // The column of Postgres takes nothing else.
    broken: `
      select e.stream_key, e.seq from events e
      where ${engine === 'sqlite' ? 'not json_valid(e.body)' : 'e.body is null'}`,
  }
}

const columns: Check = {
  name: 'message-columns',
  promise: 'messages have an id and a sender, and what belongs to messages is at no other event',
  rules: ['MSG2', 'MSG9', 'MSG10'],
  broken: `
    select e.stream_key, e.seq, e.type from events e
    where (e.type = ${MESSAGE} and (e.message_id is null or e.actor_key is null))
      or (e.type <> ${MESSAGE} and (
        e.message_id is not null or e.client_message_id is not null
        or e.payload_hash is not null or e.edited_at is not null))
      or (e.type not in (${MESSAGE}, ${EDIT}) and e.edit_seq is not null)`,
}

/** From a message to its newest edit, and from each edit to the one before. */
const edits: Check = {
  name: 'message-edits',
  promise: 'each edited message leads to its edits, one after the other',
  rules: ['MSG9'],
  broken: `
    select s.name as stream, e.seq, e.edit_seq, edit.type as found
    from events e join streams s on s.key = e.stream_key
    left join events edit on edit.stream_key = e.stream_key and edit.seq = e.edit_seq
    where e.type in (${MESSAGE}, ${EDIT}) and (
      (e.type = ${MESSAGE} and (e.edited_at is null) <> (e.edit_seq is null))
      or (e.type = ${MESSAGE} and e.edit_seq <= e.seq)
      or (e.type = ${EDIT} and e.edit_seq >= e.seq)
      or (e.edit_seq > s.floor and (edit.type is null or edit.type <> ${EDIT}))
      or (e.type = ${MESSAGE} and e.edited_at <> edit.ts))`,
}

/** `union`, not `union all`: in a damaged database edits may lead round in a circle. */
const erased: Check = {
  name: 'message-erased',
  promise: 'of a deleted message nothing is left: neither its body, nor a digest, nor its edits',
  rules: ['MSG10'],
  broken: `
    with recursive chain(stream_key, seq, edit) as (
      select stream_key, seq, edit_seq from events
      where type = ${MESSAGE} and payload_hash is null and edit_seq is not null
      union
      select e.stream_key, chain.seq, e.edit_seq
      from chain join events e on e.stream_key = chain.stream_key and e.seq = chain.edit
      where e.edit_seq is not null
    )
    select e.stream_key, e.seq, e.type from events e
    where e.type = ${MESSAGE} and (e.payload_hash is null) <> (cast(e.body as text) = '${DELETED}')
    union all
    select e.stream_key, e.seq, e.type
    from chain join events e on e.stream_key = chain.stream_key and e.seq = chain.edit
    where e.type = ${EDIT} and cast(e.body as text) not like '%"body":${DELETED}%'`,
}

function deletions(dialect: Dialect): Check {
  const told = dialect.integer('d.body', ['message', 'seq'])
  return {
    name: 'message-deletions',
    promise: 'each deleted message was told by one event, and each such event is about one',
    rules: ['MSG10'],
    broken: `
      select m.stream_key, m.seq, count(d.seq) as told
      from events m left join (
        select d.stream_key, d.seq, ${told} as message_seq from events d where d.type = ${DELETION}
      ) d on d.stream_key = m.stream_key and d.message_seq = m.seq
      where m.type = ${MESSAGE} and m.payload_hash is null
      group by m.stream_key, m.seq having count(d.seq) <> 1
      union all
      select d.stream_key, d.seq, 0
      from (
        select d.stream_key, d.seq, ${told} as message_seq from events d where d.type = ${DELETION}
      ) d left join events m on m.stream_key = d.stream_key and m.seq = d.message_seq
      join streams s on s.key = d.stream_key
      where d.message_seq is null
        or (d.message_seq > s.floor and m.seq is not null
          and (m.type <> ${MESSAGE} or m.payload_hash is not null))`,
  }
}
