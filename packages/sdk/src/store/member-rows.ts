import type { EventOf } from '@tidings/protocol/wire'
import type { RowChange } from './rows.ts'
import type { Tables } from './tables.ts'

/** The members of a group with the roles that they have from now on. */
export function withRoles(tables: Tables, { body }: EventOf<'group.updated'>): RowChange[] {
  const { conversationId: id, roles } = body
  const members = tables.members.get(id)
  if (roles === undefined) return []
  if (members === undefined) return [{ table: 'members', id, row: undefined }]
  const given = new Map(roles.map(({ userId, role }) => [userId, role]))
  const row = members.map((member) => ({
    ...member,
    role: given.get(member.userId) ?? member.role,
  }))
  return [{ table: 'members', id, row }]
}

/** The members with until when one of them may not write. */
export function withMute(tables: Tables, { body }: EventOf<'member.muted'>): RowChange[] {
  const { conversationId: id, userId, barredUntil } = body
  const members = tables.members.get(id)
  if (members === undefined) return [{ table: 'members', id, row: undefined }]
  const row = members.map((member) =>
    member.userId === userId ? { ...member, barredUntil: barredUntil ?? undefined } : member,
  )
  return [{ table: 'members', id, row }]
}
