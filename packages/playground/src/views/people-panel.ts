import type { Block, Contact } from '@tidings/sdk'
import { element, setText } from '../dom.ts'
import { Scope } from '../scope.ts'
import { problemOf } from '../words.ts'
import { field, onSubmit, problemLine } from './form.ts'
import { KeyedList, type Row } from './keyed-list.ts'
import { menu } from './menu.ts'
import { openDirect, othersOn } from './new-conversation.ts'
import type { ColumnParts } from './parts.ts'
import { showUnread } from './unread.ts'

const WORDS = {
  requested: 'asked by you',
  received: 'asks you',
  accepted: 'contact',
} as const

/** Does something, and says beside the form what goes wrong. */
type Run = (work: () => Promise<unknown>) => void

interface PanelParts extends ColumnParts {
  readonly run: Run
  readonly close: () => void
  /** Where one goes on when what had the focus is gone. */
  readonly goOn: () => void
}

/** Contacts and blocks behind a button, with how many wait for an answer. */
export function people(parts: ColumnParts): HTMLElement {
  const { person, scope, announce } = parts
  const requests = element('span', { class: 'unread' })
  const button = menu({
    label: 'Contacts and blocks',
    icon: 'person',
    content: (close, panelScope) => peoplePanel({ ...parts, scope: panelScope }, close),
  })
  scope.watch(person.client.store.contacts, (contacts) => {
    const asking = contacts.filter(({ state }) => state === 'received').length
    showUnread(requests, asking, asking === 1 ? 'request' : 'requests')
  })
  const stop = person.client.on('contact.updated', ({ body }) => {
    if (body.state === 'received') announce(`${person.username} is asked to be a contact.`)
  })
  scope.defer(stop)
  return element('div', { class: 'bell' }, button, requests)
}

function peoplePanel(parts: ColumnParts, close: () => void): HTMLElement {
  const { person } = parts
  const [other] = othersOn(parts)
  const name = field('Name', { value: other?.username ?? '', required: true })
  const problem = problemLine()
  const run: Run = (work) => {
    setText(problem, '')
    work().catch((thrown: unknown) => setText(problem, problemOf(thrown)))
  }
  const block = element('button', { type: 'button' }, 'Block')
  const username = (): string => name.input.value.trim()
  block.addEventListener('click', () =>
    run(() => person.client.block.create({ username: username() })),
  )
  const buttons = element(
    'div',
    { class: 'buttons' },
    element('button', {}, 'Ask to be a contact'),
    block,
  )
  const form = element('form', {}, name.root, buttons, problem)
  onSubmit(form, problem, async () => {
    await person.client.contact.request({ username: username() })
  })
  const shared = { ...parts, run, close, goOn: () => name.input.focus() }
  return element('div', {}, form, contactList(shared), blockList(shared))
}

function contactList(parts: PanelParts): HTMLElement {
  const { person, scope, goOn } = parts
  const list = element('ul', { class: 'contacts', 'aria-label': 'Contacts' })
  const nobody = element('p', { class: 'quiet' }, 'No contacts yet.')
  const rows = new KeyedList<Contact>({
    list,
    keyOf: ({ user }) => user.id,
    make: (contact) => contactRow(parts, contact),
    whenLost: goOn,
  })
  scope.watch(person.client.store.contacts, (contacts) => {
    rows.show(contacts)
    nobody.hidden = contacts.length > 0
  })
  scope.defer(() => rows.end())
  return element('section', {}, element('h4', {}, 'Contacts'), nobody, list)
}

function contactRow(parts: PanelParts, { user }: Contact): Row<Contact> {
  const { person } = parts
  const name = element('span', { class: 'name' }, user.username)
  const state = element('span', { class: 'quiet' })
  const buttons = element('div', { class: 'buttons' })
  const scope = new Scope()
  let contact: Contact | undefined
  const show = (): void => {
    const isHere = person.client.store.presence(user.id).get()?.online === true
    if (contact !== undefined)
      setText(state, isHere ? `${WORDS[contact.state]}, online` : WORDS[contact.state])
  }
  scope.watch(person.client.store.presence(user.id), show)
  return {
    root: element('li', {}, name, state, buttons),
    show(shown) {
      if (contact?.state !== shown.state) buttons.replaceChildren(...actionsOn(parts, shown))
      contact = shown
      show()
    },
    end: () => scope.end(),
  }
}

/** What the person may do now with somebody who has asked, was asked, or is a contact. */
function actionsOn(parts: PanelParts, { user, state }: Contact): readonly HTMLElement[] {
  const { contact, block } = parts.person.client
  const [userId, of] = [user.id, user.username]
  const act = (label: string, work: () => Promise<unknown>): HTMLElement =>
    rowButton({ label, of, clicked: () => parts.run(work) })
  const write = async (): Promise<void> => {
    await openDirect(parts, of)
    parts.close()
  }
  const keepAway = act('Block', () => block.create({ userId }))
  switch (state) {
    case 'received':
      return [
        act('Accept', () => contact.accept({ userId })),
        act('Decline', () => contact.decline({ userId })),
        keepAway,
      ]
    case 'requested':
      return [act('Take back', () => contact.remove({ userId })), keepAway]
    case 'accepted':
      return [act('Write', write), act('Remove', () => contact.remove({ userId })), keepAway]
  }
}

function blockList(parts: PanelParts): HTMLElement {
  const { person, scope, goOn } = parts
  const list = element('ul', { class: 'contacts', 'aria-label': 'Blocked' })
  const rows = new KeyedList<Block>({
    list,
    keyOf: ({ user }) => user.id,
    make: ({ user }) => {
      const takeBack = () => parts.run(() => person.client.block.delete({ userId: user.id }))
      const button = rowButton({ label: 'Unblock', of: user.username, clicked: takeBack })
      const name = element('span', { class: 'name' }, user.username)
      const buttons = element('div', { class: 'buttons' }, button)
      return { root: element('li', {}, name, buttons), show: () => undefined }
    },
    whenLost: goOn,
  })
  const root = element('section', {}, element('h4', {}, 'Blocked'), list)
  scope.watch(person.client.store.blocks, (blocks) => {
    rows.show(blocks)
    root.hidden = blocks.length === 0
  })
  scope.defer(() => rows.end())
  return root
}

interface RowButton {
  readonly label: string
  /** Whom it is about. */
  readonly of: string
  readonly clicked: () => void
}

function rowButton({ label, of, clicked }: RowButton): HTMLElement {
  const button = element('button', { type: 'button', 'aria-label': `${label} ${of}` }, label)
  button.addEventListener('click', clicked)
  return button
}
