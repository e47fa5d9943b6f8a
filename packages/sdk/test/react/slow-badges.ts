import { createElement as element, useLayoutEffect, type ReactElement } from 'react'
import { useUnread } from '../../src/react/index.ts'

const MANY = 60
const MS = 25

/** What was on the screen after each commit: one number when nothing is torn. */
export const torn = { shown: [] as string[][], rendering: 0 }

function SlowBadge(): ReactElement {
  const unread = useUnread()
  torn.rendering += 1
  const end = performance.now() + MS
  while (performance.now() < end);
  return element('b', {}, unread)
}

/** So many components that React renders them in pieces, and lets the page do something else in between. */
export function SlowBadges(): ReactElement {
  useUnread()
  useLayoutEffect(() => {
    const badges = [...document.querySelectorAll('b')]
    torn.shown.push([...new Set(badges.map(({ textContent }) => textContent ?? ''))])
  })
  return element('div', {}, ...Array.from({ length: MANY }, () => element(SlowBadge)))
}
