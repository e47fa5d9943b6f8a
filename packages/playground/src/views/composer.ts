import { element, setText } from '../dom.ts'
import { icon } from '../icons.ts'
import type { ShownMessage } from '../shown.ts'
import { problemOf, textOf, titleOf } from '../words.ts'
import type { ConversationParts } from './parts.ts'
import { besideOf, mentionedIn, placed } from './beside.ts'
import { answerBar, editBar, fit } from './composer-bars.ts'
import { problemLine } from './form.ts'
import { linkForm } from './link-form.ts'
import { menu } from './menu.ts'
import { referenceTo } from './message-actions.ts'

/** The form, and how to get into it. */
export interface Composer {
  readonly root: HTMLElement
  readonly focus: () => void
}

/** Where one writes. Enter sends, Shift and Enter begin a line, Up in an empty field edits the last message, `@name` mentions. */
export function composer(parts: ConversationParts): Composer {
  const { person, scope, conversationId, editing, drafts } = parts
  const input = textField(drafts.get(conversationId) ?? '')
  const problem = problemLine()
  const bars = [editBar(parts, input), answerBar(parts, input)]
  const attach = menu({
    label: 'Send an image or a video',
    icon: 'clip',
    content: (close) => linkForm(parts, close),
  })
  const inside = [...bars, input, sendButton(), problem]
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
  const root = element('div', { class: 'writer' }, attach, form)
  return { root, focus: () => input.focus({ preventScroll: true }) }
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

/** The message is there at once, and shows by itself what becomes of it; what is none is put back, to be made better. */
async function sendText(parts: ConversationParts, input: HTMLTextAreaElement): Promise<void> {
  const { person, conversationId, drafts, answering } = parts
  const body = { kind: 'text', text: input.value } as const
  const answered = answering.get()
  const sending = person.client.message.send({ body, ...besideOf(parts, body.text) })
  input.value = ''
  answering.set(undefined)
  drafts.delete(conversationId)
  fit(input)
  await placed(parts, sending).catch((thrown: unknown) => {
    if (input.value === '') input.value = body.text
    answering.set(answered)
    throw thrown
  })
}

async function editText(parts: ConversationParts, text: string): Promise<void> {
  const { person, editing } = parts
  const message = editing.get()
  editing.set(undefined)
  if (message === undefined || text === textOf(message)) return
  const body = { kind: 'text', text } as const
  const mentions = mentionedIn(parts, text)
  await person.client.message.edit({ ...referenceTo(message), body, mentions })
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
  } else if (event.key === 'Escape') {
    editing.set(undefined)
    parts.answering.set(undefined)
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
