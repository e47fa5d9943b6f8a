import type { Event, EventOf, NoKinds, TypedEvent, Signal } from '@tidings/sdk'
import type { Names } from '../commands/references.ts'
import { bodyWords } from './message-words.ts'
import { preferenceWords } from './conversation-words.ts'
import { changeWords, notificationWords } from './notification-words.ts'
import { isAboutPeople, peopleWords } from './people-words.ts'
import { safeLine } from './safe-text.ts'

/** An event in words, safe to show. */
export async function eventWords(
  event: TypedEvent<NoKinds> | Event,
  names: Names,
): Promise<string> {
  if (isAboutPeople(event)) return peopleWords(event, names)
  switch (event.type) {
    case 'message.created':
    case 'message.edited':
    case 'message.deleted':
    case 'message.reacted':
      return messageEventWords(event, names)
    case 'receipt.updated':
      return receiptWords(event.body.receipts, names)
    case 'conversation.added': {
      const { name, userIds, addedBy } = event.body
      const by = addedBy === null ? '' : ` by ${await names.of(addedBy)}`
      const people = await Promise.all(userIds.map((userId) => names.of(userId)))
      return `you are in ${name === null ? 'a direct conversation' : `“${safeLine(name)}”`}${by}: ${people.join(', ')}`
    }
    case 'member.joined':
      return `${await names.of(event.body.userId)} has joined${await by('added', event.body.addedBy, names)}`
    case 'member.left':
      return `${await names.of(event.body.userId)} has left${await by('removed', event.body.removedBy, names)}`
    case 'group.updated':
      return groupWords(event.body, names)
    case 'notification.created':
      return notificationWords(event.body.notification)
    case 'notification.updated':
      return changeWords(event.body)
    case 'message.hidden':
    case 'mark.updated':
    case 'conversation.hidden':
    case 'conversation.preferenceUpdated':
      return ownWords(event)
    case 'event.withheld':
      return 'something that this application may not know'
    default:
      return unknownWords(event)
  }
}

/** Of a type that only a later version knows. */
function unknownWords({ type }: { readonly type: string }): string {
  return `something that this version does not know: ${safeLine(type)}`
}

type AnyEvent = TypedEvent<NoKinds> | Event
type MessageEvent = Extract<
  AnyEvent,
  { type: 'message.created' | 'message.edited' | 'message.deleted' | 'message.reacted' }
>

async function messageEventWords(event: MessageEvent, names: Names): Promise<string> {
  switch (event.type) {
    case 'message.created': {
      const { senderId, body } = event.body.message
      return `${await names.of(senderId)}: ${bodyWords(body).replaceAll('\n', '\n    ')}`
    }
    case 'message.edited': {
      const { seq, senderId, body } = event.body.message
      return `${await names.of(senderId)} has changed ${seq}: ${bodyWords(body).replaceAll('\n', '\n    ')}`
    }
    case 'message.deleted':
      return `${event.body.message.seq} was deleted`
    case 'message.reacted': {
      const { messageSeq, userId, reaction, removed } = event.body
      if (userId === null || reaction === null) return `a reaction to ${messageSeq}`
      const word = removed ? 'has taken back' : 'gives'
      return `${await names.of(userId)} ${word} ${safeLine(reaction)} to ${messageSeq}`
    }
  }
}

type Receipts = Extract<AnyEvent, { type: 'receipt.updated' }>['body']['receipts']

async function receiptWords(receipts: Receipts, names: Names): Promise<string> {
  const said = receipts.map(
    async ({ userId, kind, to }) =>
      `${await names.of(userId)} has ${kind === 'read' ? 'read' : 'everything'} up to ${to}`,
  )
  return (await Promise.all(said)).join(', ')
}

type OwnEvent = Extract<
  AnyEvent,
  {
    type:
      'message.hidden' | 'mark.updated' | 'conversation.hidden' | 'conversation.preferenceUpdated'
  }
>

/** What the user has done for himself, on whichever of his devices. */
function ownWords(event: OwnEvent): string {
  switch (event.type) {
    case 'message.hidden':
      return `you have hidden ${event.body.messageSeq}`
    case 'mark.updated':
      return markWords(event.body)
    case 'conversation.hidden':
      return `you have hidden it, up to ${event.body.clearedSeq}`
    case 'conversation.preferenceUpdated':
      return `for you it is now ${preferenceWords(event.body.preference).join(', ') || 'as at first'}`
  }
}

function markWords({ readSeq, unreadFrom }: EventOf<'mark.updated'>['body']): string {
  return unreadFrom === undefined
    ? `you have read up to ${readSeq}`
    : `you have marked as unread what follows ${unreadFrom - 1}`
}

async function by(verb: string, userId: string | null, names: Names): Promise<string> {
  return userId === null ? '' : ` (${verb} by ${await names.of(userId)})`
}

type GroupChange = Extract<TypedEvent<NoKinds>, { type: 'group.updated' }>['body']

async function groupWords(
  { name, joinPolicy, history, data, roles = [] }: GroupChange,
  names: Names,
): Promise<string> {
  const said = await Promise.all(
    roles.map(async ({ userId, role }) => `${await names.of(userId)} is ${role} now`),
  )
  if (name !== undefined) said.unshift(`the group is called “${safeLine(name)}” now`)
  if (joinPolicy !== undefined)
    said.push(joinPolicy === 'open' ? 'anybody may join' : 'one joins by being added')
  if (history !== undefined)
    said.push(`newcomers see ${history === 'all' ? 'everything' : 'what follows'}`)
  if (data !== undefined) said.push('the data of the group has changed')
  return said.join(', ')
}

/** A signal in words, safe to show. */
export async function signalWords({ type, body }: Signal, names: Names): Promise<string> {
  const name = await names.of(body.userId)
  switch (type) {
    case 'typing.started':
      return `${name} is typing …`
    case 'typing.stopped':
      return `${name} has stopped typing`
    case 'presence.changed':
      return `${name} is ${body.online ? 'here' : 'away'}`
  }
}
