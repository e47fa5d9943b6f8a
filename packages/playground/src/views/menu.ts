import { element, newId, type Child } from '../dom.ts'
import { icon, type IconName } from '../icons.ts'

/** What a menu is made of. */
export interface MenuOptions {
  readonly label: string
  readonly icon: IconName
  /** Made anew each time that it opens. */
  readonly content: (close: () => void) => Child
}

/** A button and the panel that it opens. Escape, a click elsewhere and leaving it by Tab close it. */
export function menu({ label, icon: name, content }: MenuOptions): HTMLElement {
  const id = newId('menu')
  const button = element(
    'button',
    { type: 'button', class: 'plain', 'aria-expanded': 'false', 'aria-controls': id, title: label },
    icon(name),
    element('span', { class: 'unseen' }, label),
  )
  const panel = element('div', {
    id,
    class: 'panel',
    role: 'group',
    'aria-label': label,
    hidden: true,
  })
  const root = element('div', { class: 'menu' }, button, panel)
  const outside = ({ target }: Event): void => {
    if (target instanceof Node && !root.contains(target)) open(false)
  }
  const open = (isOpen: boolean): void => {
    const hadFocus = panel.contains(document.activeElement)
    panel.hidden = !isOpen
    button.setAttribute('aria-expanded', String(isOpen))
    const listen = isOpen ? document.addEventListener : document.removeEventListener
    for (const type of ['pointerdown', 'focusin']) listen.call(document, type, outside)
    if (!isOpen && hadFocus) button.focus()
    panel.replaceChildren(
      ...(isOpen ? [content(() => open(false))].filter((made) => made !== undefined) : []),
    )
    if (isOpen) panel.querySelector<HTMLElement>('input, button')?.focus()
  }
  button.addEventListener('click', () => open(panel.hidden))
  root.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || panel.hidden) return
    event.stopPropagation()
    open(false)
    button.focus()
  })
  return root
}
