/** What one can say to the program instead of to the others. */
export const SLASH_COMMANDS = [
  ['help', '', 'this list'],
  ['open', '@user', 'talk to somebody'],
  ['group', 'name [@user …]', 'make a group'],
  ['join', 'id', 'come into a group'],
  ['members', '', 'who is in here'],
  ['add', '@user', 'take somebody in'],
  ['rename', 'name', 'give the group another name'],
  ['leave', '', 'leave the group'],
  ['mute', '', 'mute this, or take it back: ~ in the list'],
  ['pin', '', 'keep this at the top, or take it back: ^ in the list'],
  ['archive', '', 'archive this, or take it back: dim in the list'],
  ['hide', '', 'hide this and what is in it until something new is said'],
  ['unread', '[number]', 'mark as unread from the last message on, or that one'],
  ['edit', '[number]', 'change your last message, or that one'],
  ['delete', '[number]', 'delete your last message, or that one'],
  ['retry', '', 'send what was refused once more'],
  ['discard', '', 'forget what was refused'],
  ['numbers', '', 'show the numbers of messages instead of times'],
  ['quit', '', 'leave the program'],
] as const

export type SlashName = (typeof SLASH_COMMANDS)[number][0]

/** What a line typed means. */
export type Said =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'command'; readonly name: SlashName; readonly rest: string }
  | { readonly kind: 'unknown'; readonly name: string }

/** Reads what was typed; `//` at the beginning is a `/` that is meant. */
export function readLine(line: string): Said {
  const [, word, rest] = /^\/([^\s/]+)\s*([\s\S]*)$/.exec(line) ?? []
  if (word === undefined || rest === undefined)
    return { kind: 'text', text: line.startsWith('//') ? line.slice(1) : line }
  const found = SLASH_COMMANDS.find(([name]) => name === word)
  return found === undefined
    ? { kind: 'unknown', name: word }
    : { kind: 'command', name: found[0], rest: rest.trim() }
}
