import { DELETED_BODY } from '../../journal/event.ts'
import { typeToNumber } from '../../stores/event-type.ts'
import type { Check, Dialect } from '../check.ts'

const MESSAGE = typeToNumber('message.created')
const EDIT = typeToNumber('message.edited')
const DELETION = typeToNumber('message.deleted')
const REACTION = typeToNumber('message.reacted')
const DELETED = JSON.stringify(DELETED_BODY)

/** Messages, their edits and deletions. */
export function messageChecks(dialect: Dialect): readonly Check[] {
  return [bodies(dialect), columns, edits, erased, deletions(dialect), reactions(dialect), details]
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
      or (e.type not in (${MESSAGE}, ${EDIT}, ${REACTION}) and e.edit_seq is not null)`,
}

/** From a message to the newest edit of it or reaction to it, and from each of these to the one before. */
const edits: Check = {
  name: 'message-edits',
  promise: 'each message leads to its edits and the reactions to it, one after the other',
  rules: ['MSG9', 'REA5'],
  broken: `
    select s.name as stream, e.seq, e.edit_seq, edit.type as found
    from events e join streams s on s.key = e.stream_key
    left join events edit on edit.stream_key = e.stream_key and edit.seq = e.edit_seq
    where e.type in (${MESSAGE}, ${EDIT}, ${REACTION}) and (
      (e.type = ${MESSAGE} and e.edited_at is not null and e.edit_seq is null)
      or (e.type = ${MESSAGE} and e.edit_seq <= e.seq)
      or (e.type <> ${MESSAGE} and e.edit_seq >= e.seq)
      or (e.edit_seq > s.floor and (edit.type is null or edit.type not in (${EDIT}, ${REACTION})))
      or (e.type = ${MESSAGE} and edit.type = ${EDIT} and (e.edited_at is null or e.edited_at <> edit.ts))
      or (e.type = ${MESSAGE} and edit.type = ${REACTION} and e.edited_at >= edit.ts))`,
}

/** `union`, not `union all`: in a damaged database edits may lead round in a circle. */
const erased: Check = {
  name: 'message-erased',
  promise: 'of a deleted message nothing is left: no body, digest, edit, version or reaction',
  rules: ['MSG10', 'REA5'],
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
    where (e.type = ${EDIT} and cast(e.body as text) not like '%"body":${DELETED}%')
      or (e.type = ${REACTION} and cast(e.body as text) not like '%"reaction":null%')
    union all
    select e.stream_key, e.seq, e.type from events e
    where e.type = ${MESSAGE} and e.payload_hash is null and (
      exists (select 1 from message_versions v where v.stream_key = e.stream_key and v.seq = e.seq)
      or exists (select 1 from reactions r where r.stream_key = e.stream_key and r.seq = e.seq))`,
}

/** The last event that names a reaction of somebody to a message says whether he has given it. */
function reactions(dialect: Dialect): Check {
  const field = (name: string) => dialect.text('e.body', [name])
  return {
    name: 'message-reactions',
    promise: 'reactions are those that the events tell',
    rules: ['REA2'],
    broken: `
      with told as (
        select e.stream_key, ${dialect.integer('e.body', ['messageSeq'])} as seq, e.actor_key,
          ${field('reaction')} as reaction, max(e.seq) as newest
        from events e where e.type = ${REACTION} and ${field('reaction')} is not null
        group by 1, 2, 3, 4
      ), given as (
        select told.* from told join events e on e.stream_key = told.stream_key and e.seq = told.newest
        where cast(${dialect.text('e.body', ['removed'])} as text) in ('false', '0')
      )
      select r.stream_key, r.seq, r.user_key from reactions r
      join streams s on s.key = r.stream_key
      left join given g on g.stream_key = r.stream_key and g.seq = r.seq
        and g.actor_key = r.user_key and g.reaction = r.reaction
      where g.seq is null and s.floor = 0
      union all
      select g.stream_key, g.seq, g.actor_key from given g
      join streams s on s.key = g.stream_key
      left join reactions r on g.stream_key = r.stream_key and g.seq = r.seq
        and g.actor_key = r.user_key and g.reaction = r.reaction
      where r.seq is null and g.seq > s.floor`,
  }
}

/** `union`, since one place may have several of them. */
const details: Check = {
  name: 'message-details',
  promise:
    'reactions, former versions, mentions and what is hidden belong to messages that are there',
  rules: ['MSG15', 'MSG16', 'MSG18', 'REA5'],
  broken: `
    select d.what, d.stream_key, d.seq from (
      select 'reaction' as what, stream_key, seq from reactions
      union select 'version', stream_key, seq from message_versions
      union select 'hidden', stream_key, seq from hidden_messages
      union select 'mention', stream_key, seq from mentions
    ) d left join events e on e.stream_key = d.stream_key and e.seq = d.seq and e.type = ${MESSAGE}
    where e.seq is null
    union
    select 'version', v.stream_key, v.seq from message_versions v
    join events e on e.stream_key = v.stream_key and e.seq = v.seq
    where e.edited_at is null or v.written_at >= e.edited_at`,
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
