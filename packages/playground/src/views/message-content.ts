import { element, setText } from '../dom.ts'
import type { ShownMessage } from '../shown.ts'
import { linkedWords, textOf } from '../words.ts'

/** A part of a message, for what the message is now. */
export interface Part {
  readonly root: HTMLElement
  show(message: ShownMessage): void
}

/**
 * What a message says: its text, or a link with what it leads to, and what is said beside it. An image is a link like any
 * other: fetched for being looked at, it would tell whoever sent it that, when and from where it is read.
 */
export function messageText(): Part {
  const link = linkTo('')
  const about = element('span', { class: 'about' })
  const linked = element('p', { class: 'linked' }, link, about)
  const text = element('p', { class: 'text' })
  return {
    root: element('div', {}, linked, text),
    show(message) {
      const { body } = message
      const isLinked = body.kind === 'image' || body.kind === 'video'
      linked.hidden = !isLinked
      if (isLinked) pointTo(link, body.url)
      setText(about, linkedWords(message) ?? '')
      const words = isLinked ? (body.caption ?? '') : textOf(message)
      text.hidden = words === ''
      text.classList.toggle('deleted', body.kind === 'deleted')
      text.classList.toggle('unknown', body.kind === 'unknown')
      setText(text, words)
    },
  }
}

/** A link that tells the other side nothing of this page. */
export function linkTo(url: string): HTMLAnchorElement {
  const link = element('a', { target: '_blank', rel: 'noopener noreferrer' })
  pointTo(link, url)
  return link
}

/** What is no link of http or https is shown, and leads nowhere. */
function pointTo(link: HTMLAnchorElement, url: string): void {
  setText(link, url)
  if (/^https?:\/\//i.test(url)) link.href = url
  else link.removeAttribute('href')
}
