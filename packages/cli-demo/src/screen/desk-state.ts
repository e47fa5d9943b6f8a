import type {
  ConnectionState,
  ConversationItem,
  MessageListState,
  NoKinds,
  Presence,
  StoreUser,
} from '@tidings/sdk'
import type { Draft } from './editor.ts'
import type { Piece } from './piece.ts'
import type { Anchor } from './transcript.ts'

export type Conversation = ConversationItem<NoKinds>

/** Columns and rows of the terminal. */
export interface Size {
  readonly columns: number
  readonly rows: number
}

/** Which message the draft replaces. */
export interface Editing {
  readonly conversationId: string
  readonly clientMessageId: string
}

/** Everything that the screen shows, at one moment. */
export interface DeskState {
  readonly size: Size
  readonly isColoured: boolean
  readonly user: StoreUser | undefined
  readonly connection: ConnectionState
  readonly conversations: readonly Conversation[]
  /** The one that is shown; it may not be known yet. */
  readonly chosenId: string | undefined
  readonly messages: MessageListState<NoKinds> | undefined
  /** Names of the others who are writing here, safe to show. */
  readonly typing: readonly string[]
  readonly draft: Draft
  readonly editing: Editing | undefined
  readonly anchor: Anchor | undefined
  /** What was read when this conversation was opened. */
  readonly readSeq: number | undefined
  /** Lines that stand over the messages until a key is pressed. */
  readonly sheet: readonly string[] | undefined
  /** Something said on the status line until a key is pressed. */
  readonly note: Piece | undefined
  readonly showsNumbers: boolean
  readonly nameOf: (userId: string) => string
  readonly presenceOf: (userId: string) => Presence | undefined
}
