import type { NoKinds, TypedSearchPage } from '@tidings/sdk'
import { element, setText } from '../dom.ts'
import { count, dayOf, timeOf } from '../words.ts'
import { field, onSubmit, problemLine } from './form.ts'
import type { ColumnParts } from './parts.ts'

type Hit = TypedSearchPage<NoKinds>['items'][number]

/** Searches the messages that the person may see; a click on one that was found leads to it. */
export function searchPanel(parts: ColumnParts, close: () => void): HTMLElement {
  const { message } = parts.person.client
  const words = field('Words', { placeholder: 'their beginnings are enough', maxlength: '256' })
  const problem = problemLine()
  const said = element('p', { class: 'quiet', role: 'status' })
  const found = element('ul', { class: 'hits' })
  const form = element('form', {}, words.root, element('button', { class: 'primary' }, 'Search'))
  const older = element('form', { hidden: true }, element('button', {}, 'Search older messages'))
  let query = ''
  let next: string | null = null
  const look = async (): Promise<void> => {
    const page = await message.search({ query, cursor: next ?? undefined })
    next = page.next
    older.hidden = next === null
    found.append(...page.items.map((hit) => hitRow(parts, hit, close)))
    const number = count(found.childElementCount, 'message')
    const sofar = next === null ? '' : ' so far'
    const late = page.upToDate ? '' : '. What was said a moment ago may be missing'
    setText(said, `${number}${sofar}${late}.`)
  }
  onSubmit(form, problem, () => {
    query = words.input.value
    next = null
    found.replaceChildren()
    return look()
  })
  onSubmit(older, problem, look)
  return element('div', { class: 'search' }, form, problem, said, found, older)
}

function hitRow(
  { person, opened, sought }: ColumnParts,
  { message, excerpt }: Hit,
  close: () => void,
): HTMLElement {
  const { senderId, createdAt, conversationId, id } = message
  const head = `${person.names.of(senderId)}, ${dayOf(createdAt)} ${timeOf(createdAt)}`
  const text = element('span', { class: 'excerpt' }, ...marked(excerpt))
  const button = element(
    'button',
    { type: 'button' },
    element('span', { class: 'quiet' }, head),
    text,
  )
  button.addEventListener('click', () => {
    close()
    opened.set(conversationId)
    sought.set(id)
  })
  return element('li', {}, button)
}

/** The words that were found stand out. */
function marked({ text, ranges, atStart, atEnd }: Hit['excerpt']): (string | HTMLElement)[] {
  const parts: (string | HTMLElement)[] = [atStart ? '' : '… ']
  let at = 0
  for (const { from, to } of ranges) {
    parts.push(text.slice(at, from), element('mark', {}, text.slice(from, to)))
    at = to
  }
  parts.push(text.slice(at), atEnd ? '' : ' …')
  return parts
}
