import { isTidingsError } from '@tidings/sdk'
import { element, hiddenText, type Child } from '../dom.ts'
import { icon } from '../icons.ts'
import type { Page } from '../page.ts'
import type { Seat } from '../seat.ts'
import { field, onSubmit, type Field, problemLine } from './form.ts'

const NAMES = ['ann', 'bob', 'cat', 'dan', 'eve', 'fay', 'gus', 'hal']
const TRIES = 5

/** An empty seat: sign up by one click, or sign in to an account that exists, which is first for who comes back. */
export function entrance(page: Page, seat: Seat): HTMLElement {
  const suggestion = NAMES[(Number(seat.id) - 1) % NAMES.length] ?? 'ann'
  let isNew = seat.expected === undefined
  const filledIn = (): string => (isNew ? suggestion : (seat.expected ?? ''))
  const name = nameField(filledIn())
  const password = field('Password', { type: 'password', autocomplete: 'current-password' })
  const submit = element('button', { class: 'primary' })
  const other = element('button', { type: 'button', class: 'link' })
  const problem = problemLine()
  const inside = [name.root, password.root, problem, submit, other]
  const form = element('form', { class: 'entrance' }, ...inside)
  const show = (): void => {
    submit.textContent = isNew ? 'Sign up' : 'Sign in'
    other.textContent = isNew ? 'I have an account' : 'I am new here'
    password.root.hidden = isNew
    password.input.required = !isNew
    problem.textContent = ''
  }
  show()
  other.addEventListener('click', () => {
    const isUntouched = name.input.value === filledIn()
    isNew = !isNew
    show()
    if (isUntouched) name.input.value = filledIn()
    name.input.focus()
  })
  onSubmit(form, problem, async () => {
    const username = name.input.value.trim()
    if (!isNew) await seat.signIn({ username, password: password.input.value })
    else if (username === suggestion) await signUpLike(seat, username)
    else await seat.signUp(username)
    page.active.set(seat.id)
  })
  return element('div', { class: 'empty' }, ...introduction(page, seat), form)
}

function nameField(value: string): Field {
  return field('Name', { value, maxlength: '32', required: true, autocapitalize: 'none' })
}

function introduction(page: Page, seat: Seat): Child[] {
  const remove = element('button', { type: 'button', class: 'plain remove' })
  remove.append(icon('close'), hiddenText('Take this place away'))
  remove.title = 'Take this place away'
  remove.hidden = page.seats.get().length < 2
  remove.addEventListener('click', () => page.remove(seat))
  const text = element(
    'p',
    {},
    'Whoever signs up here is a real client of this server, with a network of his own that can be cut. ',
    'The password is made up, and shown until the page is loaded again.',
  )
  const title = element('h2', {}, 'Nobody yet')
  return [remove, element('div', { class: 'introduction' }, title, text)]
}

/** The suggested name may be taken by somebody of yesterday: then it gets a number, and it stays one click. */
async function signUpLike(seat: Seat, name: string): Promise<void> {
  let username = name
  for (let tries = 1; ; tries += 1) {
    try {
      await seat.signUp(username)
      return
    } catch (thrown) {
      if (!isTidingsError(thrown) || thrown.code !== 'USERNAME_TAKEN' || tries === TRIES)
        throw thrown
      username = `${name}-${crypto.getRandomValues(new Uint16Array(1))[0] ?? tries}`
    }
  }
}
