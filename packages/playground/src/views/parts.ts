import type { Page } from '../page.ts'
import type { Person } from '../person.ts'
import type { Scope } from '../scope.ts'
import type { Seat } from '../seat.ts'
import type { ShownMessage } from '../shown.ts'
import type { Value } from '../value.ts'

/** What the parts of a person's column share. */
export interface PersonParts {
  readonly page: Page
  readonly seat: Seat
  readonly person: Person
  readonly scope: Scope
}

/** The same, with what is chosen in the column. */
export interface ColumnParts extends PersonParts {
  /** The id of the conversation that is open. */
  readonly opened: Value<string | undefined>
  /** The id of a message of that conversation to go to, until it is taken up. */
  readonly sought: Value<string | undefined>
  /** Says something to those who do not see the page. */
  readonly announce: (text: string) => void
}

/** What the parts of an open conversation share. */
export interface ConversationParts extends ColumnParts {
  readonly conversationId: string
  /** The own message that is being changed. */
  readonly editing: Value<ShownMessage | undefined>
  /** The message that the next one answers. */
  readonly answering: Value<ShownMessage | undefined>
  /** What was written and not sent, by conversation. */
  readonly drafts: Map<string, string>
}
