import { element, setText } from '../dom.ts'
import type { Person } from '../person.ts'
import { count } from '../words.ts'
import { onSubmit, problemLine } from './form.ts'
import type { ColumnParts } from './parts.ts'

/** Long enough for a browser to have taken up a file that was made here. */
const TAKEN_MS = 60_000

/** Who the person is, what he may take along, and the way out. */
export function accountPanel({ person, seat }: ColumnParts): HTMLElement {
  const { username, id, password } = person
  const signOut = element('button', { type: 'button', class: 'primary' }, 'Sign out')
  signOut.addEventListener('click', () => void seat.signOut())
  const known =
    password === undefined
      ? 'not known any more: the page was loaded again'
      : element('code', {}, password)
  const about = element(
    'dl',
    {},
    element('dt', {}, 'Name'),
    element('dd', {}, username),
    element('dt', {}, 'Id'),
    element('dd', {}, element('code', {}, id)),
    element('dt', {}, 'Password'),
    element('dd', {}, known),
  )
  const copy = password === undefined ? undefined : copyButton('Copy the password', password)
  return element('div', { class: 'account' }, about, copy, exportForm(person), signOut)
}

/** A button that copies a text. */
export function copyButton(label: string, text: string): HTMLElement {
  const button = element('button', { type: 'button' }, label)
  button.addEventListener('click', () => {
    navigator.clipboard.writeText(text).then(
      () => setText(button, 'Copied'),
      () => setText(button, 'Copying is not allowed here'),
    )
  })
  return button
}

/** Everything that the server has about the person and that he may see, as a file. */
function exportForm({ client, username }: Person): HTMLElement {
  const problem = problemLine()
  const button = element('button', {}, 'Take everything along')
  const form = element('form', {}, button, problem)
  onSubmit(form, problem, async () => {
    const lines: string[] = []
    for await (const item of client.account.export()) lines.push(`${JSON.stringify(item)}\n`)
    lines.push('{"type":"end"}\n')
    const file = URL.createObjectURL(new Blob(lines, { type: 'application/x-ndjson' }))
    element('a', { href: file, download: `${username}.ndjson` }).click()
    setTimeout(() => URL.revokeObjectURL(file), TAKEN_MS)
    setText(button, `Taken along: ${count(lines.length, 'line')}`)
  })
  return form
}
