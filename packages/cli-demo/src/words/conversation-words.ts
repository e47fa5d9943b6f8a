import type { Conversation, Member } from '@tidings/sdk'
import type { Output } from '../cli/output.ts'
import { safeLine } from './safe-text.ts'

/** A conversation on one line. */
export function conversationLine(conversation: Conversation, { paint }: Output): string {
  const { id, kind, memberCount, role, joinPolicy } = conversation
  const group = kind === 'group' ? `${memberCount} members, ${joinPolicy}, ${role}` : 'direct'
  return `${id}  ${paint('bold', titleOf(conversation))}  ${paint('dim', group)}`
}

/** A member on one line. */
export function memberLine({ userId, username, role }: Member, { paint }: Output): string {
  return `  ${userId}  ${safeLine(username)}${role === 'member' ? '' : paint('dim', `  ${role}`)}`
}

/** What a conversation is called here, safe to show. */
export function titleOf({ name, peer }: Pick<Conversation, 'name' | 'peer'>): string {
  return peer === null ? safeLine(name ?? 'group') : `@${safeLine(peer.username)}`
}
