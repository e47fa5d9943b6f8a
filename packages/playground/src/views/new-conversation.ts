import { element } from '../dom.ts'
import type { Person } from '../person.ts'
import { field, onSubmit, problemLine } from './form.ts'
import { comeIn } from './invitations.ts'
import type { ColumnParts } from './parts.ts'

/** Opens the one direct conversation with somebody. */
export async function openDirect({ person, opened }: ColumnParts, username: string): Promise<void> {
  const { id } = await person.client.conversation.open({ username })
  opened.set(id)
}

/** The others on this page. */
export function othersOn({ page, person }: ColumnParts): readonly Person[] {
  return page.people.get().filter(({ id }) => id !== person.id)
}

/** For somebody without conversations: one click to each of the others on this page. */
export function suggestions(parts: ColumnParts): HTMLElement {
  const { page, person, scope } = parts
  const text = element('p', {})
  const buttons = element('div', { class: 'buttons' })
  const problem = problemLine()
  const root = element('div', { class: 'suggestions' }, text, buttons, problem)
  scope.watch(page.people, () => {
    const others = othersOn(parts)
    text.textContent =
      others.length > 0
        ? 'No conversations yet.'
        : `${person.username} is alone here. Sign up somebody beside, or write to anybody by name with +.`
    buttons.replaceChildren(...others.map(({ username }) => writeTo(parts, username, problem)))
  })
  return root
}

function writeTo(parts: ColumnParts, username: string, problem: HTMLElement): HTMLElement {
  const form = element('form', {}, element('button', { class: 'primary' }, `Write to ${username}`))
  onSubmit(form, problem, () => openDirect(parts, username))
  return form
}

/** The forms behind the plus: one name is a direct conversation, several or a name of its own make a group; a code leads into one. */
export function newConversation(parts: ColumnParts, close: () => void): HTMLElement {
  const boxes = othersOn(parts).map(({ username }) => checkBox(username))
  const more = field(boxes.length > 0 ? 'Others, by name' : 'With, by name', {
    placeholder: 'cat, dan',
  })
  const name = field('Name of the group', { placeholder: 'if it is to be one', maxlength: '100' })
  const problem = problemLine()
  const choice =
    boxes.length === 0
      ? undefined
      : element('fieldset', {}, element('legend', {}, 'With'), ...boxes.map(({ root }) => root))
  const start = element('button', { class: 'primary' }, 'Start')
  const form = element('form', {}, choice, more.root, name.root, problem, start)
  onSubmit(form, problem, async () => {
    const typed = more.input.value.split(',').map((one) => one.trim())
    const chosen = boxes.filter(({ input }) => input.checked).map(({ username }) => username)
    const usernames = [...new Set([...chosen, ...typed])].filter((one) => one !== '')
    await begin(parts, usernames, name.input.value.trim())
    close()
  })
  return element('div', {}, form, comeIn(parts, close))
}

async function begin(
  parts: ColumnParts,
  usernames: readonly string[],
  name: string,
): Promise<void> {
  const [first] = usernames
  if (first === undefined && name === '') throw new Error('Choose somebody to write to.')
  if (first !== undefined && usernames.length === 1 && name === '') {
    await openDirect(parts, first)
    return
  }
  const { client, username } = parts.person
  const users = await Promise.all(usernames.map((one) => client.user.get({ username: one })))
  const given = name === '' ? [username, ...usernames].join(', ').slice(0, 100) : name
  const group = await client.group.create({ name: given, userIds: users.map(({ id }) => id) })
  parts.opened.set(group.id)
}

function checkBox(username: string) {
  const input = element('input', { type: 'checkbox' })
  return { username, input, root: element('label', { class: 'check' }, input, username) }
}
