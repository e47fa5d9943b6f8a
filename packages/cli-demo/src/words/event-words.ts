import type { Event, NoKinds, ReceivedEvent, Signal } from '@tidings/sdk'
import type { Names } from '../commands/references.ts'
import { bodyWords } from './message-words.ts'
import { safeLine } from './safe-text.ts'

/** An event in words, safe to show. */
export async function eventWords(
  event: ReceivedEvent<NoKinds> | Event,
  names: Names,
): Promise<string> {
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
    case 'receipt.updated': {
      const said = event.body.receipts.map(
        async ({ userId, kind, to }) =>
          `${await names.of(userId)} has ${kind === 'read' ? 'read' : 'received'} up to ${to}`,
      )
      return (await Promise.all(said)).join(', ')
    }
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
    case 'mark.updated':
      return `you have read up to ${event.body.readSeq}`
  }
}

async function by(verb: string, userId: string | null, names: Names): Promise<string> {
  return userId === null ? '' : ` (${verb} by ${await names.of(userId)})`
}

type GroupChange = Extract<ReceivedEvent<NoKinds>, { type: 'group.updated' }>['body']

async function groupWords(
  { name, joinPolicy, history, roles = [] }: GroupChange,
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
