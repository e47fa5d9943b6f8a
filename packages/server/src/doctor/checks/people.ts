import { FOREVER } from '@tidings/protocol/wire'
import { typeToNumber } from '../../stores/event-type.ts'
import type { Check } from '../check.ts'

const MESSAGE = typeToNumber('message.created')

/** How users stand with one another, and who may come into groups and write there. */
export function peopleChecks(): readonly Check[] {
  return [parents, contacts, bars, directBars, bans, invitations, erased]
}

const parents: Check = {
  name: 'people-parents',
  promise: 'contacts, blocks, bans, invitations and codes are of users, and of conversations',
  rules: ['PPL4', 'PPL7', 'MOD3', 'INV1', 'PPL14'],
  broken: `
    select r.kind, r.user_key, r.conversation_key from (
      select 'contact' as kind, user_key, cast(null as bigint) as conversation_key from contacts
      union all select 'contact', other_key, null from contacts
      union all select 'block', user_key, null from blocks
      union all select 'block', blocked_key, null from blocks
      union all select 'code', user_key, null from mail_codes
      union all select 'ban', user_key, conversation_key from bans
      union all select 'ban', banned_by, conversation_key from bans
      union all select 'invitation', created_by, conversation_key from invitations
    ) r left join users u on u.key = r.user_key left join conversations c on c.key = r.conversation_key
    where u.key is null or (r.conversation_key is not null and c.key is null)`,
}

const contacts: Check = {
  name: 'contact-pairs',
  promise: 'two users stand alike from both sides, and are no contacts where one blocks the other',
  rules: ['PPL4', 'PPL9'],
  broken: `
    select a.user_key, a.other_key, a.state, b.state as other_state from contacts a
    left join contacts b on b.user_key = a.other_key and b.other_key = a.user_key
    where b.state is null
      or b.state <> case a.state when 'requested' then 'received' when 'received' then 'requested' else a.state end
      or exists (select 1 from blocks x where x.user_key = a.user_key and x.blocked_key = a.other_key)
      or exists (select 1 from blocks x where x.user_key = a.other_key and x.blocked_key = a.user_key)`,
}

/** Sends look at the span, everything else at the member. */
const bars: Check = {
  name: 'span-bars',
  promise: 'until when a member may not write is the same for his messages as for the rest',
  rules: ['MOD1', 'MOD2', 'PPL7'],
  broken: `
    select c.id as conversation, m.user_key, m.barred_until, p.barred_until as span_barred_until
    from members m join conversations c on c.key = m.conversation_key
    join spans p on p.stream_key = c.message_stream_key and p.user_key = m.user_key and p.to_seq is null
    where m.state = 'active' and coalesce(m.barred_until, -1) <> coalesce(p.barred_until, -1)`,
}

const directBars: Check = {
  name: 'direct-bars',
  promise:
    'both of a direct conversation are kept from writing while one blocks the other or one is erased, and only then',
  rules: ['PPL7', 'EXP6'],
  broken: `
    select c.id as conversation, m.user_key, m.barred_until, coalesce(b.blocks, 0) as blocks
    from conversations c join members m on m.conversation_key = c.key
    left join (
      select case when user_key < blocked_key
        then cast(user_key as text) || ':' || cast(blocked_key as text)
        else cast(blocked_key as text) || ':' || cast(user_key as text) end as pair,
        count(*) as blocks
      from blocks group by 1
    ) b on b.pair = c.direct_key
    left join (
      select x.conversation_key, count(*) as users from members x join users u on u.key = x.user_key
      where u.erased_at is not null group by 1
    ) gone on gone.conversation_key = c.key
    where c.kind = 'direct'
      and coalesce(m.barred_until, 0) <> case when b.blocks > 0 or gone.users > 0 then ${FOREVER} else 0 end
      and not exists (
        select 1 from members x join erasures r on r.user_key = x.user_key where x.conversation_key = c.key)`,
}

/** What is under way may have left something. */
const erased: Check = {
  name: 'erased-users',
  promise: 'of an erased user nothing is left but his id and that he wrote something',
  rules: ['EXP4', 'EXP5', 'EXP6'],
  broken: `
    with gone as (
      select u.key, u.id, r.user_key as open from users u left join erasures r on r.user_key = u.key
      where u.erased_at is not null
    )
    select u.id, 'row' as what from users u where u.erased_at is not null and (
      u.username_key not like 'erased:%' or u.password_hash <> '' or u.email is not null
      or u.email_key is not null or u.first_name is not null or u.last_name is not null
      or u.phone is not null or u.display_name is not null or u.about is not null
      or u.avatar_url is not null or u.last_seen_at is not null)
    union all
    select gone.id, 'session' from gone join sessions s on s.user_key = gone.key where s.revoked_at is null
    union all
    select gone.id, 'message' from gone join events e on e.actor_key = gone.key
    where gone.open is null and e.type = ${MESSAGE} and e.payload_hash is not null
    union all
    select gone.id, 'contact' from gone join contacts c on gone.key in (c.user_key, c.other_key)
    where gone.open is null
    union all
    select gone.id, 'preference' from gone join preferences p on p.user_key = gone.key
    where gone.open is null
    union all
    select gone.id, 'reaction' from gone join reactions x on x.user_key = gone.key
    where gone.open is null
    union all
    select gone.id, 'identity' from gone join linked_identities i on i.user_key = gone.key
    union all
    select gone.id, 'mention' from gone join mentions n on n.user_key = gone.key
    where gone.open is null
    union all
    select u.id, 'erasure' from erasures r join users u on u.key = r.user_key where u.erased_at is null`,
}

const bans: Check = {
  name: 'bans',
  promise: 'nobody is in a group that has banned him',
  rules: ['MOD3'],
  broken: `
    select b.conversation_key, b.user_key, m.state from bans b
    join members m on m.conversation_key = b.conversation_key and m.user_key = b.user_key
    where m.state = 'active'`,
}

const invitations: Check = {
  name: 'invitation-uses',
  promise: 'nobody has come in by an invitation that was used up',
  rules: ['INV6'],
  broken: `
    select i.id as invitation, i.uses, i.max_uses from invitations i
    where i.uses < 0 or i.uses > i.max_uses`,
}
