import type { EventOf, Notification } from '@tidings/sdk'
import { safeLine, safeText } from './safe-text.ts'

/** A notification in words, safe to show: its title, then what else it says, each on a line of its own. */
export function notificationWords({ title, body, link }: Notification): string {
  const lines = [safeLine(title)]
  if (body !== null) lines.push(...safeText(body).split('\n'))
  if (link !== null) lines.push(safeLine(link))
  return lines.join('\n    ')
}

/** What the user has done with some of his notifications, in words. */
export function changeWords(body: EventOf<'notification.updated'>['body']): string {
  const { change, notificationIds } = body
  return `notifications ${change}: ${notificationIds === undefined ? 'all' : notificationIds.length}`
}
