import { isTidingsError, type Readable } from '@tidings/sdk'
import { readCredentials } from './kept.ts'
import { closeDesk, openDesk, seatPerson, type Desk, type Person } from './person.ts'
import type { Tab } from './tab.ts'
import { Value } from './value.ts'

/** How somebody takes a seat. */
export interface SignIn {
  readonly username: string
  readonly password: string
}

const PASSWORD_BYTES = 15

/** One column of the page: nobody, or somebody who is signed in. */
export class Seat {
  readonly id: string
  readonly person: Readable<Person | undefined>
  readonly #person = new Value<Person | undefined>(undefined)
  readonly #tab: Tab
  #desk: Desk
  #expected: string | undefined

  constructor(id: string, tab: Tab) {
    this.id = id
    this.person = this.#person
    this.#tab = tab
    this.#desk = openDesk(id, tab)
    const kept = readCredentials(`${id}.client`)
    if (kept !== undefined) this.#take(kept.user, undefined)
  }

  /** The name of who is to sign in here again; undefined when anybody may come. */
  get expected(): string | undefined {
    return this.#expected
  }

  /**
   * Makes an account and signs in.
   * @throws TidingsError USERNAME_TAKEN, INVALID_INPUT, REGISTRATION_CLOSED …
   */
  async signUp(username: string): Promise<void> {
    const password = newPassword()
    const { user } = await this.#desk.client.account.register({ username, password, signIn: true })
    this.#take(user, password)
  }

  /** @throws TidingsError INVALID_CREDENTIALS, RATE_LIMITED … */
  async signIn({ username, password }: SignIn): Promise<void> {
    const { user } = await this.#desk.client.account.login({ login: username, password })
    this.#take(user, password)
  }

  /** Leaves the seat to somebody else. Without a network the person is gone from here all the same. */
  signOut(): Promise<void> {
    return this.#leave(undefined)
  }

  /** Leaves the seat to the same person, who is to give his password again. */
  signInAgain(): Promise<void> {
    return this.#leave(this.#person.get()?.username)
  }

  async #leave(expected: string | undefined): Promise<void> {
    const desk = this.#desk
    this.#expected = expected
    this.#person.get()?.feed.end()
    await Promise.all([signOutOf(desk.client), signOutOf(desk.feedClient)])
    await closeDesk(desk)
    this.#desk = openDesk(this.id, this.#tab)
    this.#person.set(undefined)
  }

  #take(user: Pick<Person, 'id' | 'username'>, password: string | undefined): void {
    const { id, username } = user
    this.#person.set(seatPerson(this.#desk, { id, username }, password))
  }
}

async function signOutOf(client: Desk['client']): Promise<void> {
  await client.account.logout().catch((thrown: unknown) => {
    if (!isTidingsError(thrown)) throw thrown
  })
}

/** Long enough for any server's shortest; nobody has to remember it. */
function newPassword(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(PASSWORD_BYTES))
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
}
