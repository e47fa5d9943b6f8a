import type {
  Contact,
  ContactPage,
  ListContactsInput,
  UserIdRef,
  UserRef,
} from '@tidings/protocol/wire'
import type { Rpc } from '../rpc.ts'

/** Contacts, and asking to be one. `contact.updated` tells on all devices of both what has changed. */
export interface ContactResource {
  /**
   * Asks. Whoever has asked this user already is a contact from then on; asking twice is asking once.
   * @throws TidingsError NOT_FOUND, FORBIDDEN for one whom this user has blocked, LIMIT_REACHED
   */
  request(user: UserRef): Promise<Contact>
  /** @throws TidingsError NOT_FOUND when he has not asked, LIMIT_REACHED */
  accept(user: UserIdRef): Promise<Contact>
  decline(user: UserIdRef): Promise<void>
  /** Ends it: a contact, an own request, or one of the other. */
  remove(user: UserIdRef): Promise<void>
  list(page?: ListContactsInput): Promise<ContactPage>
}

export function createContact(rpc: Rpc): ContactResource {
  return {
    request: (user) => rpc('contact.request', user),
    accept: (user) => rpc('contact.accept', user),
    decline: (user) => rpc('contact.decline', user),
    remove: (user) => rpc('contact.remove', user),
    list: (page = {}) => rpc('contact.list', page),
  }
}
