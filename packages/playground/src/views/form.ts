import { element, newId, setText } from '../dom.ts'
import { problemOf } from '../words.ts'

/** A labelled text field. */
export interface Field {
  readonly root: HTMLElement
  readonly input: HTMLInputElement
}

export function field(
  label: string,
  attributes: Readonly<Record<string, string | boolean>> = {},
): Field {
  const id = newId('field')
  const input = element('input', { id, type: 'text', autocomplete: 'off', ...attributes })
  input.spellcheck = false
  const root = element('div', { class: 'field' }, element('label', { for: id }, label), input)
  return { root, input }
}

/** A line that says, and reads out, what went wrong. */
export function problemLine(): HTMLElement {
  return element('p', { class: 'problem', role: 'alert' })
}

/**
 * Runs what a form asks for: one at a time, with the button resting meanwhile, and tells what goes wrong in `problem`.
 */
export function onSubmit(
  form: HTMLFormElement,
  problem: HTMLElement,
  run: () => Promise<void>,
): void {
  let isBusy = false
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    if (isBusy) return
    isBusy = true
    setText(problem, '')
    form.setAttribute('aria-busy', 'true')
    run()
      .catch((thrown: unknown) => setText(problem, problemOf(thrown)))
      .finally(() => {
        isBusy = false
        form.removeAttribute('aria-busy')
      })
  })
}
