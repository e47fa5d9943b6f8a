import { typeToNumber } from '../../stores/event-type.ts'
import type { Check, Dialect } from '../check.ts'

const HIDDEN = typeToNumber('conversation.hidden')
const PREFERENCE = typeToNumber('conversation.preferenceUpdated')

/** What members have hidden and set for themselves. */
export function ownChecks(dialect: Dialect): readonly Check[] {
  return [clearings(dialect), preferences(dialect), parents]
}

function clearings(dialect: Dialect): Check {
  const conversation = dialect.text('e.body', ['conversationId'])
  return {
    name: 'own-clearings',
    promise: 'what a member has cleared is what his own stream says',
    rules: ['INB4'],
    broken: `
      select c.id as conversation, m.user_key, m.cleared_seq, t.told
      from members m join conversations c on c.key = m.conversation_key
      join users u on u.key = m.user_key
      join streams s on s.key = u.stream_key
      left join (
        select e.stream_key, ${conversation} as conversation,
          max(${dialect.integer('e.body', ['clearedSeq'])}) as told
        from events e where e.type = ${HIDDEN} group by e.stream_key, ${conversation}
      ) t on t.stream_key = u.stream_key and t.conversation = c.id
      where t.told > m.cleared_seq or (s.floor = 0 and m.cleared_seq > coalesce(t.told, 0))`,
  }
}

/** By what the newest event says. Of the app's own data nothing is compared: engines write JSON differently. */
function preferences(dialect: Dialect): Check {
  const conversation = dialect.text('e.body', ['conversationId'])
  const told = (name: string) => dialect.integer('e.body', ['preference', name])
  return {
    name: 'own-preferences',
    promise: 'what a member has set for himself is what his own stream says',
    rules: ['INB2'],
    broken: `
      select c.id as conversation, p.user_key, p.muted_until, p.pinned_at
      from preferences p join conversations c on c.key = p.conversation_key
      join users u on u.key = p.user_key
      join streams s on s.key = u.stream_key
      left join (
        select e.stream_key, ${conversation} as conversation, max(e.seq) as seq
        from events e where e.type = ${PREFERENCE} group by e.stream_key, ${conversation}
      ) t on t.stream_key = u.stream_key and t.conversation = c.id
      left join events e on e.stream_key = t.stream_key and e.seq = t.seq
      where (e.seq is null and s.floor = 0)
        or (e.seq is not null and (
          ${told('mutedUntil')} is distinct from p.muted_until
          or ${told('pinnedAt')} is distinct from p.pinned_at))`,
  }
}

const parents: Check = {
  name: 'preference-parents',
  promise: 'who has set something about a conversation is or was in it',
  rules: ['INB2'],
  broken: `
    select p.conversation_key, p.user_key
    from preferences p left join members m
      on m.conversation_key = p.conversation_key and m.user_key = p.user_key
    where m.user_key is null`,
}
