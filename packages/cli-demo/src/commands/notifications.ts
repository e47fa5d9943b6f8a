import type {
  NotificationItem,
  NotificationRefs,
  OutgoingNotification,
  TidingsClient,
} from '@tidings/sdk'
import type { Argument, Call, Command, Option, Shape } from '../cli/command.ts'
import { usage } from '../cli/failure.ts'
import { parseJson } from '../cli/json.ts'
import type { Output } from '../cli/output.ts'
import { notificationWords } from '../words/notification-words.ts'
import { dateAndTime } from '../words/times.ts'
import { everyItem, firstOf } from './pages.ts'
import { accountOf } from './references.ts'

const NOTIFICATION: Shape = {
  what: 'a notification',
  fields: [
    ...['id', 'seq', 'kind', 'title', 'body', 'link', 'data', 'createdAt', 'expiresAt'],
    'readAt',
  ],
}

/** `tidings notifications list` */
export const listNotifications: Command = {
  name: 'notifications list',
  summary: 'list your notifications, newest first',
  options: [
    { flags: '--limit <n>', about: 'at most so many' },
    { flags: '--unread', about: 'only those that are not read' },
  ],
  examples: ['notifications', 'notifications list --unread --json | jq -r .title'],
  shapes: [NOTIFICATION],
  async run({ client, options, out }) {
    const wanted = notificationsOf(client(), options.flag('unread'))
    for await (const item of firstOf(wanted, options.count('limit') ?? Infinity))
      out.result(item, line(item, out))
  },
}

const WHICH: Argument = { name: 'notification', about: 'ids', many: true, optional: true }
const ALL: Option = { flags: '--all', about: 'all that are there now' }

/** `tidings notifications read` */
export const readNotifications: Command = {
  name: 'notifications read',
  summary: 'mark notifications as read',
  args: [WHICH],
  options: [ALL],
  examples: ['notifications read 0193…', 'notifications read --all'],
  shapes: [{ what: 'which are read now', fields: ['notificationIds', 'upTo', 'read'] }],
  async run(call) {
    const which = await whichOf(call)
    if (which !== undefined) await call.client().notification.read(which)
    call.out.result({ ...NEITHER, ...which, read: true }, 'read')
  },
}

/** `tidings notifications remove` */
export const removeNotifications: Command = {
  name: 'notifications remove',
  summary: 'take notifications off your list',
  args: [WHICH],
  options: [ALL],
  examples: ['notifications remove 0193…', 'notifications remove --all'],
  shapes: [{ what: 'which are gone', fields: ['notificationIds', 'upTo', 'removed'] }],
  async run(call) {
    const which = await whichOf(call)
    if (which !== undefined) await call.client().notification.remove(which)
    call.out.result({ ...NEITHER, ...which, removed: true }, 'removed')
  },
}

/** `tidings notifications send` */
export const sendNotification: Command = {
  name: 'notifications send',
  summary: 'notify users; for administrators',
  args: [
    { name: 'title', about: 'one line' },
    { name: 'user', about: '@name, or an id', many: true, optional: true },
  ],
  options: [
    { flags: '--all', about: 'everybody who has an account, in the place of users' },
    { flags: '--kind <kind>', about: 'what sort it is (default: news)' },
    { flags: '--body <text>', about: 'what else there is to say' },
    { flags: '--link <address>', about: 'http or https' },
    { flags: '--data <json>', about: 'for programs' },
    { flags: '--expires-in <seconds>', about: 'nobody is shown it after so long' },
    { flags: '--client-notification-id <id>', about: 'makes a repeat harmless' },
  ],
  notes:
    'An answer that is not `finished` says how many users have it so far; repeat the command under the same id to ask again.',
  examples: [
    'notifications send "Welcome" @ann --link https://example.org',
    'notifications send "We are back" --all --client-notification-id back-1',
  ],
  shapes: [
    {
      what: 'what has become of it',
      fields: ['notificationId', 'createdAt', 'users', 'finished', 'duplicate'],
    },
  ],
  async run(call) {
    const sent = await call.client().notification.send(await inputOf(call))
    const { users, finished } = sent
    const so = finished ? '' : ' so far'
    call.out.result(sent, `${users === 1 ? '1 user has' : `${users} users have`} it${so}`)
  },
}

async function* notificationsOf(
  { notification }: TidingsClient,
  isUnreadOnly: boolean,
): AsyncGenerator<NotificationItem> {
  for await (const item of everyItem((cursor) => notification.list({ cursor, limit: 100 })))
    if (!isUnreadOnly || item.readAt === null) yield item
}

/** What is printed where neither ids nor a place say which. */
const NEITHER = { notificationIds: null, upTo: null }

/** Undefined when all are meant and there is none. */
async function whichOf({ words, options, client }: Call): Promise<NotificationRefs | undefined> {
  const notificationIds = [...words('notification')]
  const isAll = options.flag('all')
  if (isAll === notificationIds.length > 0) throw usage('Give ids, or --all.')
  if (!isAll) return { notificationIds }
  const [newest] = (await client().notification.list({ limit: 1 })).items
  return newest && { upTo: newest.seq }
}

async function inputOf({ arg, words, options, client }: Call): Promise<OutgoingNotification> {
  const names = words('user')
  const isAll = options.flag('all')
  if (isAll === names.length > 0) throw usage('Name users, or give --all.')
  const seconds = options.count('expiresIn')
  const text = options.text('data')
  const data = text === undefined ? {} : { data: parseJson(text, '--data') }
  const users = await Promise.all(names.map((name) => accountOf(client(), name)))
  const userIds = users.map(({ id }) => id)
  return {
    to: isAll ? 'all' : { userIds },
    clientNotificationId: options.text('clientNotificationId'),
    kind: options.text('kind') ?? 'news',
    title: arg('title'),
    body: options.text('body'),
    link: options.text('link'),
    ...data,
    expiresAt: seconds === undefined ? undefined : Date.now() + seconds * 1000,
  }
}

function line(item: NotificationItem, { paint }: Output): string {
  const mark = item.readAt === null ? paint('green', 'new  ') : '     '
  return `${item.id}  ${mark}${paint('dim', dateAndTime(item.createdAt))}  ${notificationWords(item)}`
}
