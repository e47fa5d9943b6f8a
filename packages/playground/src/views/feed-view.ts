import { element, setText } from '../dom.ts'
import { icon } from '../icons.ts'
import { FEED_LIMIT, type FeedEntry, type NumberedFrame } from '../numbered-feed.ts'
import { exactTimeOf } from '../words.ts'
import { KeyedList, type Row } from './keyed-list.ts'
import type { ColumnParts } from './parts.ts'
import { keepPlace } from './place.ts'
import { rove } from './roving.ts'

/** The frames of the numbered protocol as they come, newest last. */
export function feedView({ person, scope }: ColumnParts): HTMLElement {
  const { feed, username } = person
  const list = element('ol', { class: 'frames' })
  const nothing = element('p', { class: 'nothing' })
  const rows = new KeyedList<FeedEntry>({
    list,
    keyOf: ({ key }) => String(key),
    make: (entry) => ('frame' in entry ? frameRow(entry.frame) : noteRow(entry)),
  })
  const stops = rove(list, 'summary')
  const place = keepPlace(list, 'li')
  const filter = filterField(username)
  const counted = element('span', { class: 'counted', title: `The newest ${FEED_LIMIT} are kept` })
  const show = (): void => {
    const all = feed.entries.get()
    const wanted = filter.value.trim().toLowerCase()
    const shown = wanted === '' ? all : all.filter((entry) => fits(entry, wanted))
    place.around(() => rows.show(shown))
    stops.update()
    nothing.hidden = shown.length > 0
    setText(nothing, all.length > 0 ? 'None of them fits.' : 'Nothing has come yet.')
    setText(counted, countWords(shown.length, all.length))
  }
  filter.addEventListener('input', show)
  scope.watchFrames(feed.entries, show)
  scope.defer(() => rows.end())
  const title = element('h3', {}, 'Numbered events')
  const bar = element(
    'div',
    { class: 'bar' },
    title,
    counted,
    clearButton(() => feed.clear()),
  )
  const label = `Numbered events of ${username}`
  return element('section', { class: 'feed', 'aria-label': label }, bar, filter, list, nothing)
}

function countWords(shown: number, all: number): string {
  return shown === all ? String(all) : `${shown} of ${all}`
}

function clearButton(clear: () => void): HTMLElement {
  const button = element('button', { type: 'button', class: 'plain', title: 'Clear the events' })
  button.append(icon('bin'), element('span', { class: 'unseen' }, 'Clear the events'))
  button.addEventListener('click', clear)
  return button
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
    element('code', {}, shortened(body)),
    element('time', {}, exactTimeOf(timestamp)),
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

/** In one line: what says most first, ids last and by their beginnings. Opened, the frame is shown as it came. */
function shortened(body: unknown): string {
  const fields = typeof body === 'object' && body !== null ? Object.entries(body) : []
  const isId = ([name]: readonly [string, unknown]): boolean => /_ids?$/.test(name)
  const sorted = [...fields.filter((field) => !isId(field)), ...fields.filter(isId)]
  return JSON.stringify(Object.fromEntries(sorted)).replace(/([0-9a-f]{8})-[0-9a-f-]{27}/g, '$1…')
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
