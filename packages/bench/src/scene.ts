/** What a server holds before anything is measured. */
export interface SceneOptions {
  readonly people: number
  /** Two after two have a direct conversation (0 with 1, 2 with 3 …), all are in one group, or neither. */
  readonly talk: 'pairs' | 'group' | 'none'
  /** That each of the people is in, the one above included. The others are groups of up to 50. */
  readonly conversations: number
  /** That the first conversation holds. */
  readonly messages: number
}

/** The people and where they talk. */
export interface Scene {
  readonly tokens: readonly string[]
  /** The direct conversations, else the group of all. */
  readonly conversationIds: readonly string[]
}

/** A text of 100 characters that begins with its number. */
export function textOf(number: number): string {
  return `${number} `.padEnd(100, 'x')
}
