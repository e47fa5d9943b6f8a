import { typeToNumber } from '../../stores/event-type.ts'
import type { Check, Dialect } from '../check.ts'

const CREATED = typeToNumber('notification.created')

/** System notifications, and whose they are. */
export function notificationChecks(dialect: Dialect): readonly Check[] {
  const told = dialect.text('e.body', ['notification', 'id'])
  return [places(told), deliveries, once(told)]
}

function places(told: string): Check {
  return {
    name: 'notification-places',
    promise: 'each notification of a user stands where an event of his own stream tells it',
    rules: ['NTF3', 'NTF5'],
    broken: `
      select a.user_key, a.seq, a.notification_key
      from addressees a left join users u on u.key = a.user_key
      left join notifications n on n.key = a.notification_key
      left join streams s on s.key = u.stream_key
      left join events e on e.stream_key = u.stream_key and e.seq = a.seq and e.type = ${CREATED}
      where u.key is null or n.key is null or s.key is null or a.seq > s.head
        or (a.seq > s.floor and (e.type is null or ${told} <> n.id))`,
  }
}

const deliveries: Check = {
  name: 'notification-deliveries',
  promise: 'a notification for everybody has gone as far as is written, and to nobody beyond',
  rules: ['NTF3'],
  broken: `
    select n.id as notification, n.given_to, n.for_users_to, max(a.user_key) as last
    from notifications n left join addressees a on a.notification_key = n.key
    where n.for_users_to > 0 or n.finished_at is null
    group by n.id, n.given_to, n.for_users_to
    having n.given_to > n.for_users_to or max(a.user_key) > n.given_to`,
}

function once(told: string): Check {
  return {
    name: 'notification-once',
    promise: 'no user is told of one notification twice',
    rules: ['NTF3'],
    broken: `
      select e.stream_key, ${told} as notification, count(*) as events
      from events e where e.type = ${CREATED}
      group by e.stream_key, ${told} having count(*) > 1`,
  }
}
