import { element, newId } from '../dom.ts'
import { icon, type IconName } from '../icons.ts'
import { Scope } from '../scope.ts'

/** What a menu is made of. */
export interface MenuOptions {
  readonly label: string
  readonly icon: IconName
  /** Made anew each time that it opens; the scope ends when it closes. */
  readonly content: (close: () => void, scope: Scope) => Node
}

/** A button and the panel that it opens. Escape, a click elsewhere and leaving it by Tab close it. */
export function menu({ label, icon: name, content }: MenuOptions): HTMLElement {
  const { button, panel } = parts(label, name)
  const root = element('div', { class: 'menu' }, button, panel)
  const outside = ({ target }: Event): void => {
    if (target instanceof Node && !root.contains(target)) open(false)
  }
  const scope = new Scope()
  const open = (isOpen: boolean): void => {
    scope.end()
    const hadFocus = panel.contains(document.activeElement)
    panel.hidden = !isOpen
    button.setAttribute('aria-expanded', String(isOpen))
    for (const type of ['pointerdown', 'focusin']) {
      if (isOpen) document.addEventListener(type, outside)
      else document.removeEventListener(type, outside)
    }
    // Without scrolling: what is pressed elsewhere must stay under the finger.
    if (!isOpen && hadFocus) button.focus({ preventScroll: true })
    panel.replaceChildren(...(isOpen ? [content(() => open(false), scope)] : []))
    if (isOpen) panel.querySelector<HTMLElement>('input, button')?.focus()
  }
  button.addEventListener('click', () => open(panel.hidden !== false))
  root.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || panel.hidden) return
    event.stopPropagation()
    open(false)
    button.focus()
  })
  return root
}

function parts(label: string, name: IconName) {
  const id = newId('menu')
  const button = element('button', {
    type: 'button',
    class: 'plain',
    'aria-expanded': 'false',
    'aria-controls': id,
    title: label,
  })
  button.append(icon(name), element('span', { class: 'unseen' }, label))
  const attributes = { id, class: 'panel', role: 'group', 'aria-label': label, hidden: true }
  return { button, panel: element('div', attributes) }
}
