import type { EventOf } from '@tidings/sdk'
import type { Names } from '../commands/references.ts'
import { untilWords } from './until-words.ts'

const TYPES = [
  'member.muted',
  'member.banned',
  'user.updated',
  'contact.updated',
  'block.updated',
] as const

type PeopleEvent = EventOf<(typeof TYPES)[number]>

/** Whether an event is about people. */
export function isAboutPeople(event: { readonly type: string }): event is PeopleEvent {
  return TYPES.some((type) => type === event.type)
}

const CONTACTS = {
  requested: (name: string) => `you have asked ${name} to be your contact`,
  received: (name: string) => `${name} asks to be your contact`,
  accepted: (name: string) => `${name} is your contact`,
  none: (name: string) => `${name} is not your contact`,
} as const

/** An event about people in words, safe to show. */
export async function peopleWords(event: PeopleEvent, names: Names): Promise<string> {
  const name = await names.of(event.body.userId)
  switch (event.type) {
    case 'member.muted': {
      const { barredUntil, mutedBy } = event.body
      const by = `(by ${await names.of(mutedBy)})`
      if (barredUntil === null) return `${name} may write again ${by}`
      return `${name} may not write ${untilWords(barredUntil)} ${by}`
    }
    case 'member.banned': {
      const { banned, bannedBy } = event.body
      return `${name} is ${banned ? '' : 'no longer '}banned (by ${await names.of(bannedBy)})`
    }
    case 'user.updated':
      return 'your profile or your settings have changed'
    case 'contact.updated':
      return CONTACTS[event.body.state](name)
    case 'block.updated':
      return `${name} is ${event.body.blocked ? '' : 'no longer '}blocked`
  }
}
