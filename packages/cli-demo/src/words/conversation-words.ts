import { FOREVER, type Conversation, type Member, type Preference } from '@tidings/sdk'
import type { Output } from '../cli/output.ts'
import { safeLine } from './safe-text.ts'
import { dateAndTime } from './times.ts'

/** A conversation on one line. */
export function conversationLine(conversation: Conversation, { paint }: Output): string {
  const { id, kind, memberCount, role, joinPolicy, hidden, preference } = conversation
  const { unread, unreadMentions } = conversation
  const about = [kind === 'group' ? `${memberCount} members, ${joinPolicy}, ${role}` : kind]
  if (unread > 0) about.push(`${unread} unread`)
  if (unreadMentions > 0) about.push(`mentioned in ${unreadMentions}`)
  if (hidden) about.push('hidden')
  const group = [...about, ...preferenceWords(preference)].join(', ')
  return `${id}  ${paint('bold', titleOf(conversation))}  ${paint('dim', group)}`
}

/** What somebody has set for himself about a conversation, in words. */
export function preferenceWords({ mutedUntil, archived, pinnedAt }: Preference): string[] {
  const words = []
  if (mutedUntil === FOREVER) words.push('muted')
  else if (mutedUntil !== null) words.push(`muted until ${dateAndTime(mutedUntil)}`)
  if (archived) words.push('archived')
  if (pinnedAt !== null) words.push('pinned')
  return words
}

/** A member on one line. */
export function memberLine({ userId, username, role }: Member, { paint }: Output): string {
  return `  ${userId}  ${safeLine(username)}${role === 'member' ? '' : paint('dim', `  ${role}`)}`
}

/** What a conversation is called here, safe to show. */
export function titleOf({
  kind,
  name,
  peer,
}: Pick<Conversation, 'kind' | 'name' | 'peer'>): string {
  if (kind === 'self') return 'Notes to yourself'
  return peer === null ? safeLine(name ?? 'group') : `@${safeLine(peer.username)}`
}
