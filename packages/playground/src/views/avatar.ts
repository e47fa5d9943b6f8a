import { element } from '../dom.ts'

const COLORS = 6

/** The first letter on a colour of its own; the name stands beside it, so it is for the eye alone. */
export function avatar(name: string): HTMLElement {
  const [letter = '?'] = name.replace(/^[^\p{L}\p{N}]+/u, '')
  const mark = element('span', { class: 'avatar', 'aria-hidden': 'true' }, letter.toUpperCase())
  mark.dataset['color'] = String(colorOf(name))
  return mark
}

function colorOf(name: string): number {
  let sum = 7
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521
  return sum % COLORS
}
