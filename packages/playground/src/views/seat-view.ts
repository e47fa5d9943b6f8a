import { element } from '../dom.ts'
import type { Page } from '../page.ts'
import { Scope } from '../scope.ts'
import type { Seat } from '../seat.ts'
import { entrance } from './entrance.ts'
import type { Row } from './keyed-list.ts'
import { personView } from './person-view.ts'

/** The form that was used is gone; whoever uses the keyboard goes on where it was, at what he has to fill in. */
function goOnIn(root: HTMLElement): void {
  const empty = root.querySelector<HTMLElement>('input:invalid')
  const next = empty ?? root.querySelector<HTMLElement>('button, input')
  next?.focus()
}

/** One column: the entrance, or whoever has come in by it. */
export function seatView(page: Page, seat: Seat): Row<Seat> {
  const root = element('section', { class: 'seat' })
  const scope = new Scope()
  let inside = new Scope()
  const activate = (): void => page.active.set(seat.id)
  root.addEventListener('pointerdown', activate)
  root.addEventListener('focusin', activate)
  scope.watch(page.active, (active) => root.classList.toggle('active', active === seat.id))
  scope.watch(seat.person, (person) => {
    inside.end()
    inside = new Scope()
    root.setAttribute('aria-label', person?.username ?? `Place ${seat.id}, nobody yet`)
    const hadFocus = root.contains(document.activeElement)
    root.replaceChildren(
      person === undefined
        ? entrance(page, seat)
        : personView({ page, seat, person, scope: inside }),
    )
    if (hadFocus) goOnIn(root)
  })
  return {
    root,
    show: () => undefined,
    end() {
      inside.end()
      scope.end()
    },
  }
}
