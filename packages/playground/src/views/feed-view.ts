import { element, newId, setText } from '../dom.ts'
import { icon } from '../icons.ts'
import { FEED_LIMIT, type FeedEntry, type NumberedFrame } from '../numbered-feed.ts'
import { exactTimeOf } from '../words.ts'
import { KeyedList, type Row } from './keyed-list.ts'
import type { ColumnParts } from './person-view.ts'
import { rove } from './roving.ts'

/** So near to the end that what comes is followed, in pixels. */
const NEAR = 40

/** The frames of the numbered protocol as they come, newest last. */
export function feedView({ person, scope }: ColumnParts): HTMLElement {
  const { feed, username } = person
  const list = element('ol', { class: 'frames', 'aria-label': `Numbered events of ${username}` })
  const nothing = element('p', { class: 'nothing' })
  const rows = new KeyedList<FeedEntry>({
    list,
    keyOf: ({ key }) => String(key),
    make: (entry) => ('frame' in entry ? frameRow(entry.frame) : noteRow(entry)),
  })
  const stops = rove(list, 'summary')
  const filter = filterField(username)
  const counted = element('span', { class: 'counted' })
  const show = (): void => {
    const all = feed.entries.get()
    const wanted = filter.value.trim().toLowerCase()
    const shown = wanted === '' ? all : all.filter((entry) => fits(entry, wanted))
    const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR
    rows.show(shown)
    stops.update()
    if (isAtEnd) list.scrollTop = list.scrollHeight
    nothing.hidden = shown.length > 0
    setText(nothing, all.length > 0 ? 'None of them fits.' : 'Nothing has come yet.')
    setText(
      counted,
      shown.length === all.length ? String(all.length) : `${shown.length} of ${all.length}`,
    )
    counted.title = `The newest ${FEED_LIMIT} are kept`
  }
  filter.addEventListener('input', show)
  scope.watch(feed.entries, show)
  scope.defer(() => rows.end())
  const clear = element('button', { type: 'button', class: 'plain', title: 'Clear the events' })
  clear.append(icon('bin'), element('span', { class: 'unseen' }, 'Clear the events'))
  clear.addEventListener('click', () => feed.clear())
  const id = newId('feed')
  const bar = element(
    'div',
    { class: 'bar' },
    element('h3', { id }, 'Numbered events'),
    counted,
    clear,
  )
  return element('section', { class: 'feed', 'aria-labelledby': id }, bar, filter, list, nothing)
}

function filterField(username: string): HTMLInputElement {
  return element('input', {
    type: 'search',
    class: 'filter',
    placeholder: 'Filter: 20, typing, a word …',
    'aria-label': `Filter the numbered events of ${username}`,
    autocomplete: 'off',
  })
}

/** A number is a type; anything else is looked for in the name and the body. */
function fits(entry: FeedEntry, wanted: string): boolean {
  if (!('frame' in entry)) return false
  const { type, name, body } = entry.frame
  if (/^\d{1,2}$/.test(wanted)) return String(type) === wanted
  return (
    name.includes(wanted) ||
    JSON.stringify(body ?? null)
      .toLowerCase()
      .includes(wanted)
  )
}

function frameRow({ type, name, timestamp, id, body }: NumberedFrame): Row<FeedEntry> {
  const number = element('span', { class: 'type' }, String(type))
  number.dataset['group'] = String(Math.floor(type / 10))
  const summary = element(
    'summary',
    {},
    number,
    element('span', { class: 'name' }, name),
    element('time', {}, exactTimeOf(timestamp)),
    element('code', {}, JSON.stringify(body)),
  )
  summary.tabIndex = -1
  const details = element('details', {}, summary)
  details.addEventListener('toggle', () => {
    const frame = { type, timestamp, ...(id === undefined ? {} : { id }), body }
    if (details.childElementCount === 1)
      details.append(element('pre', {}, JSON.stringify(frame, null, 2)))
  })
  return { root: element('li', {}, details), show: () => undefined }
}

function noteRow({ note, at }: { readonly note: string; readonly at: number }): Row<FeedEntry> {
  const root = element(
    'li',
    { class: 'note' },
    element('span', {}, note),
    element('time', {}, exactTimeOf(at)),
  )
  return { root, show: () => undefined }
}
