import type { Readable, TidingsClient } from '@tidings/sdk'
import { reportOf } from '../cli/failure.ts'
import { safeLine, typedText } from '../words/safe-text.ts'
import type { DeskState, Editing, Size } from './desk-state.ts'
import {
  draftOf,
  edit,
  EMPTY_DRAFT,
  insert,
  moveLine,
  textOf,
  type Draft,
  type Edit,
} from './editor.ts'
import { measure } from './frame.ts'
import type { Key, KeyName } from './keys.ts'
import { People } from './people.ts'
import type { Piece, Style } from './piece.ts'
import { Shown } from './shown.ts'
import { readLine, type SlashName } from './slash.ts'

export interface DeskOptions {
  readonly client: TidingsClient
  readonly size: Size
  readonly isColoured: boolean
  /** The user wants to leave, or must: then there is an error. */
  readonly onEnd: (error?: Error) => void
  readonly onRedraw: () => void
  /** Carries out a `/command`. */
  readonly onCommand: (desk: Desk, name: SlashName, rest: string) => Promise<void>
}

const EDITS: ReadonlySet<KeyName | Edit> = new Set<Edit>([
  ...(['backspace', 'delete', 'left', 'right', 'wordLeft', 'wordRight'] as const),
  ...(['home', 'end', 'killWord', 'killLine', 'killRest'] as const),
])

const isEdit = (name: KeyName | Edit): name is Edit => EDITS.has(name)

/** What somebody sits at: the conversation that is shown, what is being written, and the keys that change it. */
export class Desk implements Readable<DeskState> {
  readonly client: TidingsClient
  readonly #options: DeskOptions
  readonly #people: People
  readonly #shown: Shown
  readonly #listeners = new Set<() => void>()
  readonly #stops: (() => void)[]
  readonly #drafts = new Map<string, Draft>()
  #state: DeskState | undefined
  #isTelling = false
  #size: Size
  #draft: Draft = EMPTY_DRAFT
  #editing: Editing | undefined
  #sheet: readonly string[] | undefined
  #sheetTop = 0
  #note: Piece | undefined
  #showsNumbers = false
  #isFocused = true

  constructor(options: DeskOptions) {
    const { client, size } = options
    const changed = (): void => this.#changed()
    this.client = client
    this.#options = options
    this.#size = size
    this.#people = new People(client, changed)
    this.#shown = new Shown(client, changed)
    const { conversations, connection, user } = client.store
    const shown: readonly Readable<unknown>[] = [conversations, connection, user]
    this.#stops = shown.map((readable) => readable.subscribe(changed))
  }

  get(): DeskState {
    this.#state ??= this.#read()
    return this.#state
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#shown.close()
    for (const stop of this.#stops) stop()
  }

  resize(size: Size): void {
    this.#size = size
    this.#changed()
  }

  /** Shows another conversation; what was being written in the last one waits there. */
  choose(conversationId: string | undefined): void {
    if (this.#shown.id !== undefined) this.#drafts.set(this.#shown.id, this.#draft)
    this.#shown.choose(conversationId)
    this.#editing = undefined
    this.#draft = this.#drafts.get(conversationId ?? '') ?? EMPTY_DRAFT
    this.#changed()
  }

  /** Says something on the status line, until the next key. */
  say(text: string, style: Style = 'dim'): void {
    this.#note = { text: safeLine(text), style }
    this.#changed()
  }

  fail(thrown: unknown): void {
    this.say(reportOf(thrown).message, 'bad')
  }

  /** Shows lines over the messages, until a key is pressed. They must be safe to show. */
  show(lines: readonly string[]): void {
    this.#sheet = lines
    this.#sheetTop = 0
    this.#changed()
  }

  toggleNumbers(): void {
    this.#showsNumbers = !this.#showsNumbers
    this.#changed()
  }

  /** Puts a message that was sent back into the input. */
  beginEditing(editing: Editing, text: string): void {
    this.#editing = editing
    this.#draft = draftOf(text)
    this.#changed()
  }

  end(): void {
    this.#options.onEnd()
  }

  press(key: Key): void {
    this.#changed()
    if (key.kind === 'focus') this.#isFocused = key.isFocused
    else if (key.kind === 'press' && key.name === 'quit') this.end()
    else if (this.#sheet !== undefined) this.#turnSheet(key)
    else {
      this.#note = undefined
      if (key.kind === 'press') this.#pressed(key.name)
      else this.#type(key.text)
    }
  }

  #pressed(name: KeyName): void {
    const { rows, inputColumns } = measure(this.get())
    if (isEdit(name)) this.#draft = edit(this.#draft, name)
    else if (name === 'enter') this.#submit()
    else if (name === 'newline') this.#type('\n')
    else if (name === 'up' || name === 'down') this.#vertical(name === 'up' ? -1 : 1, inputColumns)
    else if (name === 'pageUp') this.#shown.scroll(this.get(), 1 - rows)
    else if (name === 'pageDown') this.#shown.scroll(this.get(), rows - 1)
    else if (name === 'next' || name === 'previous') this.#turn(name === 'next' ? 1 : -1)
    else if (name === 'escape') this.#escape()
    else if (name === 'redraw') this.#options.onRedraw()
    else if (this.#draft.characters.length === 0) this.end()
    else this.#draft = edit(this.#draft, 'delete')
  }

  /** The keys that scroll, scroll the sheet; any other takes it away. */
  #turnSheet(key: Key): void {
    const page = measure(this.get()).rows - 1
    const steps: Partial<Record<KeyName, number>> = {
      up: -1,
      down: 1,
      pageUp: -page,
      pageDown: page,
    }
    const by = key.kind === 'press' ? steps[key.name] : undefined
    if (by === undefined) this.#sheet = undefined
    else this.#sheetTop = Math.max(0, Math.min((this.#sheet?.length ?? 1) - 1, this.#sheetTop + by))
  }

  #type(text: string): void {
    this.#draft = insert(this.#draft, typedText(text))
    const conversationId = this.#shown.id
    const isForOthers = this.#draft.characters[0] !== '/' && this.#editing === undefined
    if (conversationId !== undefined && isForOthers)
      this.client.typing.start({ conversationId }).catch(() => undefined)
  }

  #submit(): void {
    const text = textOf(this.#draft)
    if (text.trim() === '') return
    const said = readLine(text)
    const editing = this.#editing
    if (said.kind === 'unknown') {
      this.say(`There is no /${said.name}. See /help; // begins with a slash.`, 'warning')
      return
    }
    this.#draft = EMPTY_DRAFT
    this.#editing = undefined
    const failed = (thrown: unknown): void => this.fail(thrown)
    if (said.kind === 'command') {
      this.#options.onCommand(this, said.name, said.rest).catch(failed)
    } else if (editing !== undefined) {
      const body = { kind: 'text', text: said.text } as const
      this.client.message.edit({ ...editing, body }).catch(failed)
    } else this.#send(said.text)
  }

  #send(text: string): void {
    const conversationId = this.#shown.id
    if (conversationId === undefined) {
      this.#draft = draftOf(text)
      this.say('Choose a conversation first, or open one: /open @name', 'warning')
      return
    }
    this.#shown.follow()
    // Nobody waits for it: what becomes of it stands beside the message.
    this.client.message
      .send({ conversationId, body: { kind: 'text', text } })
      .catch(() => undefined)
  }

  #vertical(by: -1 | 1, columns: number): void {
    const moved = moveLine(this.#draft, by, columns)
    if (moved === undefined) this.#shown.scroll(this.get(), by)
    else this.#draft = moved
  }

  #turn(by: 1 | -1): void {
    const { items } = this.client.store.conversations.get()
    if (items.length === 0) return
    const at = items.findIndex(({ id }) => id === this.#shown.id)
    const next = at === -1 ? 0 : (at + by + items.length) % items.length
    this.choose(items[next]?.id)
  }

  #escape(): void {
    if (this.#editing === undefined) this.#shown.anchor = undefined
    else {
      this.#editing = undefined
      this.#draft = EMPTY_DRAFT
    }
  }

  /** Tells the listeners once for all that changes in one turn. */
  #changed(): void {
    this.#state = undefined
    if (this.#isTelling) return
    this.#isTelling = true
    queueMicrotask(() => {
      this.#isTelling = false
      // What was read since, was read in the middle of the change.
      this.#state = undefined
      const state = this.get()
      const { connection } = state
      if (connection.state === 'disconnected' && connection.reason === 'refused')
        this.#options.onEnd(connection.error)
      this.#shown.look(state, this.#isFocused)
      for (const listener of this.#listeners) listener()
    })
  }

  #read(): DeskState {
    const { store } = this.client
    const { id, anchor, readSeq } = this.#shown
    const conversations = store.conversations.get().items
    const user = store.user.get()
    this.#people.learn(user, ...conversations.map(({ peer }) => peer))
    const nameOf = (userId: string): string => this.#people.nameOf(userId)
    if (id !== undefined) this.#people.learnMembers(store.members(id).get())
    return {
      ...{ conversations, user, nameOf, anchor, readSeq, size: this.#size, chosenId: id },
      isColoured: this.#options.isColoured,
      connection: store.connection.get(),
      messages: id === undefined ? undefined : store.messages(id).get(),
      typing: id === undefined ? [] : store.typing(id).get().map(nameOf),
      draft: this.#draft,
      editing: this.#editing,
      sheet: this.#sheet?.slice(this.#sheetTop),
      note: this.#note,
      showsNumbers: this.#showsNumbers,
      presenceOf: (userId) => store.presence(userId).get(),
    }
  }
}
