import { hiddenText } from '../dom.ts'

/** Shows how much is unread, and says of what; nothing when all is read. */
export function showUnread(on: HTMLElement, unread: number, of = 'unread'): void {
  on.hidden = unread === 0
  on.title = `${unread} ${of}`
  on.replaceChildren(String(unread), hiddenText(` ${of}`))
}
