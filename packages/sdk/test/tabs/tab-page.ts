import { createClient, type Credentials, type Sent, type TidingsClient } from '../../src/index.ts'
import type { ClientStorage } from '../../src/index.ts'
import { indexedDbStorage } from '../../src/storage/indexeddb.ts'
import { shareTabs } from '../../src/tabs/index.ts'

// One tab of an app. Runs in a page; the test calls it from outside.

/** What a tab shows of a conversation. */
export interface Shown {
  readonly user: string | undefined
  readonly unread: number
  readonly conversations: readonly unknown[]
  readonly messages: readonly unknown[]
  readonly state: string
}

/** What the test asks of a page. */
export interface TabPage {
  open(url: string): void
  login(name: string, password: string): Promise<string>
  connect(): Promise<void>
  /** Sends so many messages at once; answers their places. */
  send(conversationId: string, texts: readonly string[]): Promise<readonly number[]>
  /** Sends and does not wait. */
  beginToSend(conversationId: string, text: string, clientMessageId: string): void
  show(conversationId: string): void
  shown(conversationId: string): Shown
  /** Every event that was told, `stream:seq`. */
  events(): readonly string[]
  /** When there was a connection again after some moment, by the machine's clock; undefined while there is none. */
  connectedAfter(moment: number): number | undefined
  state(): string
  /** Whether this is the leading tab. */
  leads(): Promise<boolean>
  /** Names of errors that were told. */
  errors(): readonly string[]
  /** Once the next message is kept nothing is written any more. */
  holdWritesAfterNext(): void
  /** The ids of the messages in the storage's outbox. */
  kept(): Promise<readonly string[]>
  /** Stops the page's only loop until its server lets go. */
  hang(): void
  close(): Promise<void>
}

declare global {
  var tab: TabPage
}

const SIGN_IN = 'sign-in'
/** Who holds it leads. */
const LOCK = 'tidings tidings'

/** Writes wait here while the test wants them to. */
let gate: Promise<void> | undefined
/** From the next message on that is kept. */
let isArmed = false

function gatedStorage(): ClientStorage {
  const storage = indexedDbStorage('tidings')
  return {
    ...{ read: (range) => storage.read(range), clear: () => storage.clear() },
    close: () => storage.close?.(),
    async write(changes) {
      await gate
      await storage.write(changes)
      const isSaved = changes.some(({ kind, key }: { kind: string; key?: string }) =>
        Boolean(kind === 'put' && key?.startsWith('outbox/')),
      )
      if (isArmed && isSaved) gate = new Promise(() => undefined)
    },
  }
}

let client: TidingsClient | undefined
const events: string[] = []
const connected: number[] = []
const errors: string[] = []

function opened(): TidingsClient {
  if (client === undefined) throw new Error('the tab is not open')
  return client
}

function open(url: string): void {
  client = createClient({
    url,
    storage: gatedStorage(),
    tabs: shareTabs('tidings'),
    tokens: {
      load() {
        const kept: Credentials | null = JSON.parse(localStorage.getItem(SIGN_IN) ?? 'null')
        return kept ?? undefined
      },
      save: (credentials) => localStorage.setItem(SIGN_IN, JSON.stringify(credentials ?? null)),
    },
  })
  client.on('event', ({ stream, seq }) => events.push(`${stream}:${seq}`))
  client.on('connection', ({ state }) => {
    if (state === 'connected') connected.push(Date.now())
  })
  client.on('error', ({ code, message }) => errors.push(`${code} ${message}`))
}

globalThis.tab = {
  open,
  async login(name, password) {
    const { user } = await opened().account.login({ login: name, password })
    return user.id
  },
  connect: () => opened().connect(),
  async send(conversationId, texts) {
    const sending = texts.map((text) =>
      opened().message.send({ conversationId, body: { kind: 'text', text } }),
    )
    const all: readonly Sent[] = await Promise.all(sending)
    return all.map(({ seq }) => seq)
  },
  beginToSend(conversationId, text, clientMessageId) {
    void opened().message.send({ conversationId, clientMessageId, body: { kind: 'text', text } })
  },
  show(conversationId) {
    opened()
      .store.messages(conversationId)
      .subscribe(() => undefined)
    opened().store.conversations.subscribe(() => undefined)
  },
  shown(conversationId) {
    const { store } = opened()
    return {
      user: store.user.get()?.username,
      unread: store.unread.get(),
      conversations: [...store.conversations.get().items],
      messages: [...store.messages(conversationId).get().items],
      state: store.connection.get().state,
    }
  },
  events: () => events,
  connectedAfter: (moment) => connected.find((at) => at > moment),
  state: () => opened().connection.state.state,
  async leads() {
    const { locks } = navigator
    // A lock of its own tells a page under which id the browser knows it.
    const own = `own ${crypto.randomUUID()}`
    const { held = [] } = await locks.request(own, () => locks.query())
    const { clientId } = held.find(({ name }) => name === own) ?? {}
    return held.some((lock) => lock.name === LOCK && lock.clientId === clientId)
  },
  errors: () => errors,
  holdWritesAfterNext() {
    isArmed = true
  },
  async kept() {
    const storage = indexedDbStorage('tidings')
    const rows = await storage.read({ from: 'outbox/', to: 'outbox0' })
    await storage.close?.()
    return rows.map(({ value }) => String(Object(value).clientMessageId))
  },
  hang() {
    const request = new XMLHttpRequest()
    request.open('GET', '/held', false)
    request.send()
  },
  close: () => opened().close(),
}
