import type { FlockOrders } from './flock.ts'

/** Who a process is to be. */
export interface DeviceOrders {
  readonly name: string
  /** Signs in as a user who is there already, from another device. */
  readonly login?: string | undefined
  readonly url: string
  /** Where its storage and its notes are. */
  readonly folder: string
  readonly storage: 'sqlite' | 'file' | 'memory'
  readonly seed: number
}

/** Who a client of the numbered protocol is to be. */
export interface NumberedOrders {
  readonly name: string
  readonly url: string
  /** Where its notes are, and by what it is known again. */
  readonly folder: string
  readonly seed: number
}

/** What it is to talk about. */
export interface NumberedTalkOrders {
  readonly name: string
  readonly places: readonly string[]
  /** Tells the messages of this process from those of an earlier one. */
  readonly boot: number
  /** Between one thing and the next, milliseconds at most. */
  readonly pauseMs: number
}

/** What a device is to talk about. */
export interface TalkOrders {
  readonly name: string
  /** Conversations that it is in for good. */
  readonly places: readonly string[]
  /** A group that people come to and are put out of; its owner does that. */
  readonly revolving: string
  readonly isOwner: boolean
  /** Users to put in and out, and to make groups with. */
  readonly others: readonly string[]
  /** Tells the messages of this process from those of an earlier one. */
  readonly boot: number
  /** Between one thing and the next, milliseconds at most. */
  readonly pauseMs: number
  /** Things done at once, at most. */
  readonly burst: number
  /** Of ten things done, how many concern the revolving group. @default some */
  readonly share?: number | undefined
}

/** What a process of clients is asked to do, by name, with what it takes. */
export type Request =
  | {
      readonly ask: 'open'
      readonly devices: readonly DeviceOrders[]
      readonly numbered: readonly NumberedOrders[]
    }
  | {
      readonly ask: 'group'
      readonly name: string
      readonly title: string
      readonly userIds: readonly string[]
    }
  | { readonly ask: 'direct'; readonly name: string; readonly userId: string }
  | {
      readonly ask: 'talk'
      readonly talks: readonly TalkOrders[]
      readonly numbered: readonly NumberedTalkOrders[]
    }
  | { readonly ask: 'hush' }
  /** What is known of the calls that are not answered, and of the connections. */
  | { readonly ask: 'stuck' }
  | {
      readonly ask: 'lag'
      /** Of the numbered clients. */
      readonly places: readonly string[]
    }
  | { readonly ask: 'show'; readonly places: Readonly<Record<string, readonly string[]>> }
  | ({ readonly ask: 'flock' } & FlockOrders)
  | { readonly ask: 'behind'; readonly stream: string; readonly seq: number }
  | { readonly ask: 'close' }

/** A message as a client shows it. */
export interface ShownMessage {
  readonly id: string
  readonly seq: number | null
  readonly senderId: string
  readonly key: string | null
  /** Null when it is deleted. */
  readonly text: string | null
  readonly state: string
  readonly pending: boolean
}

/** A conversation as a client shows it. */
export interface ShownConversation {
  readonly device: string
  readonly userId: string
  readonly conversationId: string
  readonly messages: readonly ShownMessage[]
  readonly unread: number | undefined
  readonly readSeq: number | undefined
  readonly lastSeq: number | null | undefined
}
