import { hiddenText } from '../dom.ts'

/** Shows how many messages are unread; nothing when all are read. */
export function showUnread(on: HTMLElement, unread: number): void {
  on.hidden = unread === 0
  on.title = `${unread} unread`
  on.replaceChildren(String(unread), hiddenText(' unread'))
}
