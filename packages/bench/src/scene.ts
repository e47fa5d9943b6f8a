/** What a server holds before anything is measured. */
export interface SceneOptions {
  readonly people: number
  /** Two after two have a direct conversation: 0 with 1, 2 with 3 … */
  readonly pairs: boolean
  /** Groups that each of the people is in. */
  readonly groups: number
  /** People of a group; the next so many are in groups of their own. */
  readonly groupSize: number
  /** Messages that the first conversation holds. */
  readonly messages: number
}

/** The people and where they talk. */
export interface Scene {
  readonly tokens: readonly string[]
  /** The direct conversations, else the first groups. */
  readonly conversationIds: readonly string[]
}

/** A text of 100 characters that begins with its number. */
export function textOf(number: number): string {
  return `${number} `.padEnd(100, 'x')
}
