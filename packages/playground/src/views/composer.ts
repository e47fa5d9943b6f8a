import { element, setText } from '../dom.ts'
import { icon } from '../icons.ts'
import type { ShownMessage } from '../shown.ts'
import { problemOf, textOf, titleOf } from '../words.ts'
import type { ConversationParts } from './parts.ts'
import { problemLine } from './form.ts'
import { referenceTo } from './message-actions.ts'

/** The form, and how to get into it. */
export interface Composer {
  readonly root: HTMLElement
  readonly focus: () => void
}

/** Where one writes. Enter sends, Shift and Enter begin a line, Up in an empty field edits the last message. */
export function composer(parts: ConversationParts): Composer {
  const { person, scope, conversationId, editing, drafts } = parts
  const input = textField(drafts.get(conversationId) ?? '')
  const problem = problemLine()
  const inside = [editBar(parts, input), input, sendButton(), problem]
  const form = element('form', { class: 'composer' }, ...inside)
  const submit = (): void => {
    const text = input.value
    if (text.trim() === '') return
    setText(problem, '')
    const told = editing.get() === undefined ? sendText(parts, input) : editText(parts, text)
    told.catch((thrown: unknown) => setText(problem, problemOf(thrown)))
  }
  input.addEventListener('input', () => onInput(parts, input))
  input.addEventListener('keydown', (event) => onKey({ event, input, submit, parts }))
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    submit()
    input.focus()
  })
  scope.watch(person.client.store.conversation(conversationId), (item) => {
    input.setAttribute('aria-label', item === undefined ? 'Message' : `Message to ${titleOf(item)}`)
  })
  return { root: form, focus: () => input.focus({ preventScroll: true }) }
}

function textField(value: string): HTMLTextAreaElement {
  const attributes = { rows: '1', enterkeyhint: 'send', placeholder: 'Write a message' }
  const input = element('textarea', attributes)
  input.value = value
  return input
}

function sendButton(): HTMLElement {
  const send = element('button', { class: 'send', title: 'Send' })
  send.append(icon('send'), element('span', { class: 'unseen' }, 'Send'))
  return send
}

function onInput(
  { person, conversationId, editing, drafts }: ConversationParts,
  input: HTMLTextAreaElement,
): void {
  fit(input)
  if (editing.get() !== undefined) return
  drafts.set(conversationId, input.value)
  const { typing } = person.client
  const isEmpty = input.value.trim() === ''
  const told = isEmpty ? typing.stop({ conversationId }) : typing.start({ conversationId })
  told.catch(ignore)
}

/** Typing may be lost. */
function ignore(): void {
  // And then nobody sees it.
}

/** As high as the text, up to a bound that the style sheet sets. */
function fit(input: HTMLTextAreaElement): void {
  input.style.height = 'auto'
  input.style.height = `${input.scrollHeight + 2}px`
}

/** The message is there at once, and shows by itself what becomes of it; what is none is put back, to be made better. */
async function sendText(
  { person, conversationId, drafts }: ConversationParts,
  input: HTMLTextAreaElement,
): Promise<void> {
  const body = { kind: 'text', text: input.value } as const
  const sending = person.client.message.send({ conversationId, body })
  input.value = ''
  drafts.delete(conversationId)
  fit(input)
  await sending.catch((thrown: unknown) => {
    const { items } = person.client.store.messages(conversationId).get()
    if (items.some(({ key }) => key === sending.message.key)) return
    if (input.value === '') input.value = body.text
    throw thrown
  })
}

async function editText({ person, editing }: ConversationParts, text: string): Promise<void> {
  const message = editing.get()
  editing.set(undefined)
  if (message === undefined || text === textOf(message)) return
  await person.client.message.edit({ ...referenceTo(message), body: { kind: 'text', text } })
}

interface KeyInComposer {
  readonly event: KeyboardEvent
  readonly input: HTMLTextAreaElement
  readonly submit: () => void
  readonly parts: ConversationParts
}

function onKey({ event, input, submit, parts }: KeyInComposer): void {
  const { editing, person, conversationId } = parts
  // While an input method composes, Enter chooses a word.
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    event.preventDefault()
    submit()
  } else if (event.key === 'Escape' && editing.get() !== undefined) {
    editing.set(undefined)
  } else if (event.key === 'ArrowUp' && input.value === '') {
    const { items } = person.client.store.messages(conversationId).get()
    const last = items.findLast((item) => item.senderId === person.id && isEditable(item))
    if (last === undefined) return
    event.preventDefault()
    editing.set(last)
  }
}

function isEditable({ body, state }: ShownMessage): boolean {
  return body.kind === 'text' && state !== 'failed'
}

/** Says that a message is being edited; giving up brings back what was being written. */
function editBar(parts: ConversationParts, input: HTMLTextAreaElement): HTMLElement {
  const { editing, scope, drafts, conversationId } = parts
  const cancel = element('button', { type: 'button', class: 'link' }, 'Cancel')
  const bar = element('p', { class: 'editing' }, icon('pencil'), 'Editing a message', cancel)
  cancel.addEventListener('click', () => editing.set(undefined))
  let before: ShownMessage | undefined
  scope.watch(editing, (message) => {
    bar.hidden = message === undefined
    if (message === before) return
    before = message
    input.value = message === undefined ? (drafts.get(conversationId) ?? '') : textOf(message)
    fit(input)
    input.focus()
  })
  return bar
}
