import { createElement as element, startTransition, StrictMode, type ReactNode } from 'react'
import { createRoot, hydrateRoot, type Root } from 'react-dom/client'
import { createClient, type Readable, type TidingsClient } from '../../src/index.ts'
import { App, Effects, Hasty, provide, seen } from './app.ts'
import { SlowBadges, torn } from './slow-badges.ts'

let client: TidingsClient | undefined
let root: Root | undefined
let listening = 0

/** The same readable, and how many listen to it is counted. */
function counted<Part extends Readable<unknown>>(part: Part): Part {
  return Object.create(part, {
    get: { value: () => part.get() },
    subscribe: {
      value(listener: () => void) {
        const stop = part.subscribe(listener)
        let on = true
        listening += 1
        return () => {
          if (on) listening -= 1
          on = false
          stop()
        }
      },
    },
  }) as Part
}

function countedStore(store: TidingsClient['store']): TidingsClient['store'] {
  return new Proxy(store, {
    get(target, name) {
      const part: unknown = Reflect.get(target, name)
      if (name === 'load') return part
      if (typeof part !== 'function') return counted(part as Readable<unknown>)
      return (id: string) => counted(part.call(target, id) as Readable<unknown>)
    },
  })
}

function current(): TidingsClient {
  if (client === undefined) throw new Error('nobody has signed in')
  return client
}

function view(id: string | undefined, strict: boolean): ReactNode {
  const app = provide(current(), element(Effects, null, element(App, { id })))
  return strict ? element(StrictMode, null, app) : app
}

const place = (): HTMLElement => document.getElementById('root') as HTMLElement

/** What the tests drive. */
const scene = {
  seen,
  torn,
  errors: [] as string[],
  listening: () => listening,
  renders: () => Object.fromEntries(seen.renders),
  forget() {
    seen.renders.clear()
    seen.commits.length = 0
  },
  /** Signs in, connects and, unless told otherwise, waits for the conversations. */
  async signIn(options: { url: string; username: string; password: string; clientIs?: 'new' }) {
    const { url, username, password } = options
    const real = createClient({ url })
    client = Object.create(real, { store: { value: countedStore(real.store) } }) as TidingsClient
    await real.account.login({ login: username, password })
    await real.connect()
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!real.store.conversations.get().complete) return
        stop()
        resolve()
      }
      const stop = real.store.conversations.subscribe(look)
      queueMicrotask(look)
    })
  },
  /** Another client in the place of the one there is. */
  client: () => current(),
  show(id: string | undefined, strict = false) {
    root ??= createRoot(place())
    root.render(view(id, strict))
  },
  showHasty(id: string, text: string) {
    root ??= createRoot(place())
    const app = element(App, { id })
    root.render(
      provide(current(), [element(Hasty, { key: 1, id, text }), element('div', { key: 2 }, app)]),
    )
  },
  /** Begins to show many slow components at once, in pieces. */
  showSlowly() {
    root ??= createRoot(place())
    const shown = root
    startTransition(() => shown.render(provide(current(), element(SlowBadges))))
  },
  hydrate(id: string | undefined, html: string) {
    place().innerHTML = html
    const app = provide(current(), element(App, { id }))
    root = hydrateRoot(place(), app, {
      onRecoverableError: (error) => scene.errors.push(String(error)),
    })
  },
  unmount() {
    root?.unmount()
    root = undefined
  },
}

export type Scene = typeof scene
declare global {
  interface Window {
    scene: Scene
  }
}
window.scene = scene
