import type { TidingsClient } from '@tidings/sdk'
import { carryOut } from '../screen/desk-commands.ts'
import { Desk } from '../screen/desk.ts'
import { prepareInk, sizeOf, takeOver, type Shown, type Terminal } from '../screen/terminal.ts'
import { findConversation } from './find-conversation.ts'

export interface ScreenOptions {
  readonly client: TidingsClient
  readonly terminal: Terminal
  readonly isColoured: boolean
  /** Whom to talk to first. */
  readonly word: string | undefined
  /** Said at the start. */
  readonly note: string | undefined
  readonly interrupted: AbortSignal
}

/**
 * Talks on the whole terminal until the user leaves.
 * @throws TidingsError when the server does not want this user any more
 */
export async function talkOnScreen(options: ScreenOptions): Promise<void> {
  const { client, terminal, isColoured, word, note, interrupted } = options
  prepareInk()
  const { appOf } = await import('../screen/app.ts')
  let shown: Shown | undefined
  let desk: Desk | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      const onEnd = (error?: Error): void => (error === undefined ? resolve() : reject(error))
      const onRedraw = (): void => shown?.redraw()
      const made = new Desk({
        client,
        size: sizeOf(terminal.stdout),
        isColoured,
        onEnd,
        onRedraw,
        onCommand: carryOut,
      })
      desk = made
      interrupted.addEventListener('abort', () => resolve(), { once: true })
      takeOver(terminal, appOf(made), {
        onKey: (key) => made.press(key),
        onResize: (size) => made.resize(size),
      }).then((taken) => {
        shown = taken
        begin(made, word, note)
      }, reject)
    })
  } finally {
    desk?.close()
    shown?.leave()
  }
}

function begin(desk: Desk, word: string | undefined, note: string | undefined): void {
  const { client } = desk
  // A refusal is seen in the state of the connection.
  client.connect().catch(() => undefined)
  if (note !== undefined) desk.say(note, 'warning')
  if (word === undefined) {
    chooseFirst(desk)
    return
  }
  findConversation(client, word).then(
    (id) => desk.choose(id),
    (thrown: unknown) => desk.fail(thrown),
  )
}

/** The newest one, as soon as there is any. */
function chooseFirst(desk: Desk): void {
  const { conversations } = desk.client.store
  const choose = (): boolean => {
    const first = conversations.get().items[0]
    if (first === undefined || desk.get().chosenId !== undefined)
      return desk.get().chosenId !== undefined
    desk.choose(first.id)
    return true
  }
  if (choose()) return
  const stop = conversations.subscribe(() => {
    if (choose()) stop()
  })
}
