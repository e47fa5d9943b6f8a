import { element } from './dom.ts'
import { icon } from './icons.ts'
import { Page } from './page.ts'
import type { Seat } from './seat.ts'
import { openTab } from './tab.ts'
import { KeyedList } from './views/keyed-list.ts'
import { seatView } from './views/seat-view.ts'

const page = new Page(await openTab())

const people = element('main', { id: 'people', tabindex: '-1', 'aria-label': 'People' })
const seats = new KeyedList<Seat>({
  list: people,
  keyOf: ({ id }) => id,
  make: (seat) => seatView(page, seat),
})

const add = element('button', { type: 'button', class: 'add' })
add.append(icon('plus'), element('span', {}, 'Add', element('span', {}, ' a person')))
add.addEventListener('click', () => {
  page.add()
  people.lastElementChild?.querySelector<HTMLInputElement>('input')?.select()
})

function showSeats(): void {
  seats.show(page.seats.get())
  people.style.setProperty('--seats', String(page.seats.get().length))
  add.disabled = page.isFull
}

page.seats.subscribe(showSeats)
showSeats()

document.body.append(
  element('a', { class: 'skip', href: '#people' }, 'Skip to the people'),
  element(
    'header',
    { class: 'top' },
    element('img', { src: iconAddress(), alt: '', width: '28', height: '28' }),
    element('h1', {}, 'Tidings', element('span', {}, ' playground')),
    element(
      'p',
      {},
      'Every column is a real client with a network of its own. Messages are read by whoever’s column you work in.',
    ),
    add,
  ),
  people,
)

function iconAddress(): string {
  return document.querySelector<HTMLLinkElement>('link[rel=icon]')?.href ?? ''
}
