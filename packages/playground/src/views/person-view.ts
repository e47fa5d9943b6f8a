import { element, hiddenText, setText } from '../dom.ts'
import { keep, readKept } from '../kept.ts'
import { Value } from '../value.ts'
import { textOf } from '../words.ts'
import { conversationArea } from './conversation-area.ts'
import { conversationList } from './conversation-list.ts'
import { feedView } from './feed-view.ts'
import type { ColumnParts, PersonParts } from './parts.ts'
import { personHeader } from './person-header.ts'

/** Everything of one person: his client on one side, on the other the numbered events that he gets. */
export function personView(parts: PersonParts): HTMLElement {
  const { person, scope } = parts
  const status = hiddenText('')
  status.setAttribute('role', 'status')
  const announce = (text: string): void => setText(status, text)
  const sought = new Value<string | undefined>(undefined)
  const column: ColumnParts = { ...parts, announce, opened: keptChoice(parts), sought }
  announceNews(column)
  scope.defer(() => person.feed.end())
  return element(
    'div',
    { class: 'person' },
    personHeader(column),
    connectionNotice(column),
    element('div', { class: 'client' }, conversationList(column), conversationArea(column)),
    feedView(column),
    status,
  )
}

/** The conversation that was open before a reload. */
function keptChoice({ seat, person, scope }: PersonParts): Value<string | undefined> {
  const name = `${seat.id}.opened`
  const kept = readKept(name)
  const [userId, conversationId] = typeof kept === 'string' ? kept.split(' ') : []
  const opened = new Value(userId === person.id ? conversationId : undefined)
  scope.watch(opened, (id) => keep(name, id === undefined ? undefined : `${person.id} ${id}`))
  return opened
}

function announceNews({ person, scope, announce }: ColumnParts): void {
  const { client, names, network, username } = person
  const stop = client.on('message.created', ({ body: { message } }) => {
    if (message.senderId === person.id) return
    // The first message may come before the conversation that brings the name.
    void names
      .find(message.senderId)
      .then((name) => announce(`${username} has a message from ${name}: ${textOf(message)}`))
  })
  scope.defer(stop)
  let before = network.up.get()
  scope.watch(network.up, (up) => {
    if (up !== before) announce(`${username}'s network is ${up ? 'back' : 'cut'}.`)
    before = up
  })
}

/** What the person should know about his connection: that it is cut, or that it will not come back by itself. */
function connectionNotice({ person, seat, scope }: ColumnParts): HTMLElement {
  const { network, username, client } = person
  const text = element('span', {})
  const again = element('button', { type: 'button', class: 'link' }, 'Sign in again')
  let isLeaving = false
  const leave = (): void => {
    // Signed out, the client says no more that it was refused; the button stays, with the focus, until the entrance comes.
    isLeaving = true
    void seat.signInAgain()
  }
  again.addEventListener('click', leave, { once: true })
  const notice = element('p', { class: 'notice' }, text, again)
  const show = (): void => {
    const connection = client.store.connection.get()
    const isRefused = connection.state === 'disconnected' && connection.reason === 'refused'
    const isOver = isRefused || isLeaving
    notice.hidden = network.up.get() && !isOver
    again.hidden = !isOver
    const cut = `The network is cut. What ${username} writes waits, and goes out when it is back.`
    setText(text, isOver ? `${username} is not signed in any more.` : cut)
  }
  scope.watch(network.up, show)
  scope.watch(client.store.connection, show)
  return notice
}
