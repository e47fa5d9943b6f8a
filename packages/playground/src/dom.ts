/** What can be put into an element; text stays text, whatever it holds. */
export type Child = Node | string | undefined

type Attributes = Readonly<Record<string, string | boolean | undefined>>

/** Makes an element. `true` is an attribute without a value; `false` and `undefined` leave it out. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) setAttribute(made, name, value)
  made.append(...children.filter((child) => child !== undefined))
  return made
}

/** Sets an attribute, or takes it away. */
function setAttribute(on: Element, name: string, value: string | boolean | undefined): void {
  if (value === undefined || value === false) on.removeAttribute(name)
  else if (on.getAttribute(name) !== (value === true ? '' : value))
    on.setAttribute(name, value === true ? '' : value)
}

/** Replaces the text of an element that holds nothing else; untouched when it is the same, so that nothing is read twice. */
export function setText(on: Element, text: string): void {
  if (on.textContent !== text) on.textContent = text
}

let ids = 0

/** An id for what another element's attribute has to name. */
export function newId(purpose: string): string {
  ids += 1
  return `${purpose}-${ids}`
}

/** Text that is there for those who do not see the page. */
export function hiddenText(text: string): HTMLElement {
  return element('span', { class: 'unseen' }, text)
}
