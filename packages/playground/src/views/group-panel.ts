import type { MemberItem } from '@tidings/sdk'
import { element, setText } from '../dom.ts'
import { Scope } from '../scope.ts'
import type { ConversationParts } from './parts.ts'
import { field, onSubmit, problemLine } from './form.ts'
import { invitations } from './invitations.ts'
import { KeyedList, type Row } from './keyed-list.ts'

/** A group's members, and what the person may do with the group. */
export function groupPanel(parts: ConversationParts): HTMLElement {
  const { person, scope, conversationId } = parts
  const item = person.client.store.conversation(conversationId).get()
  const mayManage = item?.role === 'owner' || item?.role === 'admin'
  const problem = problemLine()
  const list = element('ul', { class: 'members' })
  const rows = new KeyedList<MemberItem>({
    list,
    keyOf: ({ userId }) => userId,
    make: ({ userId }) => memberRow(parts, userId),
  })
  scope.watch(person.client.store.members(conversationId), (members) => rows.show(members))
  scope.defer(() => rows.end())
  return element(
    'div',
    {},
    list,
    mayManage ? addForm(parts, problem) : undefined,
    mayManage ? invitations(parts) : undefined,
    mayManage ? renameForm(parts, { problem, name: item.name ?? '' }) : undefined,
    leaveForm(parts, problem),
    problem,
  )
}

function memberRow({ person }: ConversationParts, userId: string): Row<MemberItem> {
  const scope = new Scope()
  const name = element('span', {})
  const role = element('span', { class: 'quiet' })
  const whereabouts = element('span', { class: 'quiet' })
  scope.watch(person.client.store.presence(userId), (presence) => {
    const others = presence?.online === true ? 'online' : ''
    setText(whereabouts, userId === person.id ? 'you' : others)
  })
  return {
    root: element('li', {}, name, role, whereabouts),
    show(member) {
      setText(name, member.username)
      setText(role, member.role === 'member' ? '' : member.role)
    },
    end: () => scope.end(),
  }
}

function addForm(parts: ConversationParts, problem: HTMLElement): HTMLElement {
  const { person, page, conversationId } = parts
  const here = new Set(
    person.client.store
      .members(conversationId)
      .get()
      .map(({ userId }) => userId),
  )
  const missing = page.people.get().find(({ id }) => !here.has(id))
  const name = field('Add, by name', { value: missing?.username ?? '', required: true })
  const button = element('button', {}, 'Add')
  const form = element('form', { class: 'row' }, name.root, button)
  onSubmit(form, problem, async () => {
    const { id } = await person.client.user.get({ username: name.input.value.trim() })
    await person.client.group.addMembers({ conversationId, userIds: [id] })
    setText(button, 'Added')
  })
  return form
}

function renameForm(
  { person, conversationId }: ConversationParts,
  { problem, name }: { readonly problem: HTMLElement; readonly name: string },
): HTMLElement {
  const wanted = field('Name of the group', { value: name, required: true, maxlength: '100' })
  const button = element('button', {}, 'Rename')
  const form = element('form', { class: 'row' }, wanted.root, button)
  onSubmit(form, problem, async () => {
    await person.client.group.update({ conversationId, name: wanted.input.value.trim() })
    setText(button, 'Renamed')
  })
  return form
}

function leaveForm(
  { person, conversationId }: ConversationParts,
  problem: HTMLElement,
): HTMLElement {
  const form = element('form', {}, element('button', { class: 'danger' }, 'Leave the group'))
  onSubmit(form, problem, () => person.client.group.leave({ conversationId }))
  return form
}
