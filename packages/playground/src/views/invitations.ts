import type { Invitation } from '@tidings/sdk'
import { element, hiddenText } from '../dom.ts'
import { icon } from '../icons.ts'
import { problemOf } from '../words.ts'
import { copyButton } from './account-panel.ts'
import { field, onSubmit, problemLine } from './form.ts'
import type { ColumnParts, ConversationParts } from './parts.ts'

/** Ways into a group, for those who may make and end them. A code is shown once: the server keeps a digest of it. */
export function invitations(parts: ConversationParts): HTMLElement {
  const { person, conversationId } = parts
  const { group } = person.client
  const problem = problemLine()
  const code = element('div', { class: 'code', role: 'status' })
  const list = element('ul', { class: 'invitations' })
  const look = async (): Promise<void> => {
    const open = await group.listInvitations({ conversationId })
    const end = (invitationId: string): void => {
      group
        .revokeInvitation({ conversationId, invitationId })
        .then(look)
        .catch((thrown: unknown) => parts.announce(`Not ended: ${problemOf(thrown)}`))
    }
    list.replaceChildren(...open.map((one) => invitationRow(one, () => end(one.id))))
  }
  const form = element('form', {}, element('button', {}, 'Invite by a code'), problem)
  onSubmit(form, problem, async () => {
    const made = await group.createInvitation({ conversationId })
    code.replaceChildren(element('code', {}, made.code), copyButton('Copy the code', made.code))
    await look()
  })
  look().catch((thrown: unknown) => problem.append(problemOf(thrown)))
  return element('div', {}, form, code, list)
}

function invitationRow({ uses, createdAt }: Invitation, end: () => void): HTMLElement {
  const label = 'End this invitation'
  const button = element('button', { type: 'button', class: 'plain', title: label })
  button.append(icon('bin'), hiddenText(label))
  button.addEventListener('click', end)
  const made = new Date(createdAt).toLocaleTimeString()
  return element('li', {}, element('span', {}, `An invitation of ${made}, used ${uses}×`), button)
}

/** Comes into a group by the code of an invitation. */
export function comeIn({ person, opened }: ColumnParts, close: () => void): HTMLElement {
  const code = field('Code of an invitation', { placeholder: 'tdi_…', required: true })
  const problem = problemLine()
  const button = element('button', {}, 'Come in')
  const row = element('div', { class: 'row-of-fields' }, code.root, button)
  const form = element('form', { class: 'come-in' }, row, problem)
  onSubmit(form, problem, async () => {
    const words = { code: code.input.value.trim() }
    const { id } = await person.client.group.acceptInvitation(words)
    opened.set(id)
    close()
  })
  return form
}
