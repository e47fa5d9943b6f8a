import type { Durable } from '../../../server/test/e2e/support/durable.ts'
import type { ShownConversation } from './clients/orders.ts'
import type { Noted } from './history.ts'
import type { Restore } from './restores.ts'

/** A promise that was broken. */
export interface Violation {
  /** Of the checker's list, or what it is in a word. */
  readonly what: string
  readonly detail: string
}

/** What is left of a round. */
export interface Evidence {
  readonly noted: readonly Noted[]
  readonly durable: Durable
  readonly shown: readonly ShownConversation[]
  /** The group that people come to and are put out of. */
  readonly revolving: string
  /** Whether every live connection must have heard of each commit within 3 s. */
  readonly isPrompt: boolean
  /** Codes of errors that a client may tell in the background: the database was away for a while. */
  readonly mayTell: readonly string[]
  /** When something that delays delivery by itself went on, as from and to. */
  readonly excuses: readonly (readonly [from: number, to: number])[]
  readonly restores: readonly Restore[]
}
