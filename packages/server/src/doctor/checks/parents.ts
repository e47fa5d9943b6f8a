import type { Check } from '../check.ts'

/** Rows whose parents are gone. Some of them no foreign key looks after. */
export function parentChecks(): readonly Check[] {
  return [
    events,
    actors,
    spans,
    conversations,
    members,
    details,
    sessions,
    tokens,
    identities,
    cursors,
  ]
}

const events: Check = {
  name: 'event-parents',
  promise: 'each event belongs to a stream',
  rules: ['JRN1'],
  broken: `
    select e.stream_key, e.events
    from (select stream_key, count(*) as events from events group by stream_key) e
    left join streams s on s.key = e.stream_key
    where s.key is null`,
}

const actors: Check = {
  name: 'event-actors',
  promise: 'who is named as the cause of an event is a user',
  rules: ['MSG3'],
  broken: `
    select e.actor_key as user_key, e.events
    from (
      select actor_key, count(*) as events from events where actor_key is not null group by actor_key
    ) e left join users u on u.key = e.actor_key
    where u.key is null`,
}

const spans: Check = {
  name: 'span-parents',
  promise: 'each span is of a stream and of a user',
  rules: ['SYN22'],
  broken: `
    select p.stream_key, p.user_key, p.from_seq
    from spans p left join streams s on s.key = p.stream_key left join users u on u.key = p.user_key
    where s.key is null or u.key is null`,
}

const conversations: Check = {
  name: 'conversation-parents',
  promise: 'each conversation was made by a user',
  rules: ['CNV5'],
  broken: `
    select c.id as conversation, c.created_by as user_key
    from conversations c left join users u on u.key = c.created_by
    where u.key is null`,
}

const members: Check = {
  name: 'member-parents',
  promise: 'each member is a user in a conversation',
  rules: ['CNV14'],
  broken: `
    select m.conversation_key, m.user_key
    from members m left join conversations c on c.key = m.conversation_key
    left join users u on u.key = m.user_key
    where c.key is null or u.key is null`,
}

const details: Check = {
  name: 'detail-parents',
  promise:
    'each reaction is by a user, each hidden message hidden from one, and each mention of one',
  rules: ['REA1', 'MSG15', 'MSG18'],
  broken: `
    select d.what, d.stream_key, d.seq, d.user_key from (
      select 'reaction' as what, stream_key, seq, user_key from reactions
      union all select 'hidden', stream_key, seq, user_key from hidden_messages
      union all select 'mention', stream_key, seq, user_key from mentions
    ) d left join users u on u.key = d.user_key
    where u.key is null`,
}

const sessions: Check = {
  name: 'session-parents',
  promise: 'each session is of a user',
  rules: ['SES7'],
  broken: `
    select x.key as session_key, x.user_key
    from sessions x left join users u on u.key = x.user_key
    where u.key is null`,
}

const tokens: Check = {
  name: 'token-parents',
  promise: 'each refresh token and each ticket is of a session',
  rules: ['SES3', 'SES6'],
  broken: `
    select 'refresh token' as kind, t.session_key
    from refresh_tokens t left join sessions x on x.key = t.session_key where x.key is null
    union all
    select 'ticket', t.session_key
    from tickets t left join sessions x on x.key = t.session_key where x.key is null`,
}

const identities: Check = {
  name: 'identity-parents',
  promise: 'each account elsewhere is linked to a user, and each session of elsewhere is a session',
  rules: ['IDP1', 'IDP3'],
  broken: `
    select 'identity' as kind, i.user_key as key
    from linked_identities i left join users u on u.key = i.user_key where u.key is null
    union all
    select 'external session', e.session_key
    from external_sessions e left join sessions x on x.key = e.session_key where x.key is null`,
}

const cursors: Check = {
  name: 'device-cursors',
  promise: "each device's position is of a session, and on an event that is there",
  rules: ['NUM12'],
  broken: `
    select d.session_key, d.stream_key, d.seq, s.head, d.tag, e.tag as found
    from device_cursors d left join sessions x on x.key = d.session_key
    left join streams s on s.key = d.stream_key
    left join events e on e.stream_key = d.stream_key and e.seq = d.seq
    where x.key is null or s.key is null or d.seq < 0 or d.seq > s.head or e.tag <> d.tag`,
}
