import type { MemberItem } from '@tidings/sdk'
import { element, setText } from '../dom.ts'
import type { ConversationParts } from './conversation-area.ts'
import { field, onSubmit, problemLine } from './form.ts'

/** A group's members, and what the person may do with the group. */
export function groupPanel(parts: ConversationParts): HTMLElement {
  const { person, conversationId } = parts
  const { store } = person.client
  const members = store.members(conversationId).get()
  const item = store.conversation(conversationId).get()
  const mayManage = item?.role === 'owner' || item?.role === 'admin'
  const problem = problemLine()
  return element(
    'div',
    {},
    element('ul', { class: 'members' }, ...members.map((member) => memberLine(parts, member))),
    mayManage ? addForm(parts, problem) : undefined,
    mayManage ? renameForm(parts, { problem, name: item.name ?? '' }) : undefined,
    leaveForm(parts, problem),
    problem,
  )
}

function memberLine({ person }: ConversationParts, member: MemberItem): HTMLElement {
  const { userId, username, role } = member
  const online = person.client.store.presence(userId).get()?.online === true
  const words = [
    userId === person.id ? 'you' : online ? 'online' : '',
    role === 'member' ? '' : role,
  ]
  return element(
    'li',
    {},
    element('span', {}, username),
    element('span', { class: 'quiet' }, words.filter((word) => word !== '').join(', ')),
  )
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
