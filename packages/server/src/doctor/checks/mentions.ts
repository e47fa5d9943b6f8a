import { typeToNumber } from '../../stores/event-type.ts'
import type { Check, Dialect } from '../check.ts'

const MESSAGE = typeToNumber('message.created')

/** Whom messages mention, by which a member's unread mentions are counted. */
export function mentionChecks(dialect: Dialect): readonly Check[] {
  const mentioned = `coalesce(${dialect.text('e.body', ['mentions'])}, '')`
  const names = (user: string) => `${mentioned} like '%"' || ${user}.id || '"%'`
  return [
    {
      name: 'message-mentions',
      promise:
        'those who are counted as mentioned are those whom the message names, but for its sender and the erased',
      rules: ['MSG15', 'RCP11'],
      broken: `
        select n.stream_key, n.seq, n.user_key
        from mentions n join users u on u.key = n.user_key
        join events e on e.stream_key = n.stream_key and e.seq = n.seq and e.type = ${MESSAGE}
        where e.actor_key = n.user_key or not (${names('u')})
        union all
        select e.stream_key, e.seq, u.key
        from events e ${dialect.mentions('e.body')} join users u on u.id = item.value
        left join mentions n on n.stream_key = e.stream_key and n.seq = e.seq and n.user_key = u.key
        where e.type = ${MESSAGE} and cast(e.body as text) like '{"body":%' and u.key <> e.actor_key
          and u.erased_at is null and n.user_key is null`,
    },
  ]
}
