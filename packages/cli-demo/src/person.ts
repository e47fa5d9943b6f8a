import {
  createClient,
  EVENTS,
  type NoKinds,
  type Receipt,
  type TypedEvent,
  type TypedMessage,
  type TypingSignal,
  type TidingsClient,
} from '@tidings/sdk'

/** Something that reached somebody, under its number in the numbered protocol. */
export interface Happening {
  readonly number: number
  /** `message.created` and so on. */
  readonly name: string
  /** The same in words. */
  readonly text: string
}

/** Somebody in the story, with a client of his own. */
export interface Person {
  readonly name: string
  readonly userId: string
  readonly client: TidingsClient
  /** Resolves with the next happening of this number that was not awaited before; rejects when it does not come. */
  expect(number: number): Promise<Happening>
  leaveStage(): Promise<void>
}

export interface Cast {
  readonly url: string
  /** How long a happening may take, milliseconds. */
  readonly patienceMs: number
  readonly onHappening: (name: string, happening: Happening) => void
  /** The name of a user by his id. */
  readonly nameOf: (userId: string) => string
}

const PASSWORD = `demo-${crypto.randomUUID()}`

/** Makes an account, signs in and connects. */
export async function bringOn(cast: Cast, name: string): Promise<Person> {
  const client = createClient({ url: cast.url })
  const username = `${name}-${crypto.randomUUID().slice(0, 8)}`
  const { user } = await client.account.register({ username, password: PASSWORD, signIn: true })
  const line = createLine(cast, name)
  client.on('event', (event) => {
    for (const happening of happeningsOf(event, { userId: user.id, nameOf: cast.nameOf }))
      line.add(happening)
  })
  for (const type of ['typing.started', 'typing.stopped'] as const) {
    client.on(type, (signal) => line.add(happeningOfSignal(signal, cast.nameOf)))
  }
  return {
    name,
    userId: user.id,
    client,
    expect: (number) => line.expect(number),
    leaveStage: () => client.close(),
  }
}

interface Waiting {
  readonly number: number
  readonly resolve: (happening: Happening) => void
}

/** What has reached a person and was not awaited yet, and what is awaited and has not come yet. */
function createLine({ patienceMs, onHappening }: Cast, name: string) {
  const come: Happening[] = []
  const awaited: Waiting[] = []
  return {
    add(happening: Happening): void {
      onHappening(name, happening)
      const index = awaited.findIndex(({ number }) => number === happening.number)
      if (index === -1) come.push(happening)
      else awaited.splice(index, 1)[0]?.resolve(happening)
    },
    expect(number: number): Promise<Happening> {
      const index = come.findIndex((happening) => happening.number === number)
      const [known] = index === -1 ? [] : come.splice(index, 1)
      if (known !== undefined) return Promise.resolve(known)
      return new Promise((resolve, reject) => {
        const problem = `event ${number} did not reach ${name} within ${patienceMs / 1000} seconds`
        const timer = setTimeout(() => reject(new Error(problem)), patienceMs)
        awaited.push({
          number,
          resolve: (happening) => {
            clearTimeout(timer)
            resolve(happening)
          },
        })
      })
    },
  }
}

interface Reader {
  readonly userId: string
  readonly nameOf: (userId: string) => string
}

/** An event as the numbered protocol tells it: an own message is `accepted`, a receipt is one number a kind. */
function happeningsOf(
  event: TypedEvent<NoKinds>,
  { userId, nameOf }: Reader,
): readonly Happening[] {
  switch (event.type) {
    case 'message.created':
    case 'message.edited':
    case 'message.deleted':
    case 'message.reacted':
    case 'message.hidden':
      return messageHappenings(event, { userId, nameOf })
    case 'receipt.updated':
      return receiptHappenings(event.body.receipts, { userId, nameOf })
    case 'conversation.added':
      return [happening('conversation.added', `you are in the group “${event.body.name ?? ''}”`)]
    case 'member.joined':
      return event.body.userId === userId
        ? []
        : [happening('member.joined', `${nameOf(event.body.userId)} has joined`)]
    case 'member.left':
      return [happening('member.left', `${nameOf(event.body.userId)} has left`)]
    case 'group.updated':
      return [happening('group.updated', `the group is now “${event.body.name ?? ''}”`)]
    // Neither what somebody does for himself alone nor what the operator tells him is part of the demonstration.
    case 'conversation.hidden':
    case 'conversation.preferenceUpdated':
    case 'notification.created':
    case 'notification.updated':
      return []
    case 'mark.updated':
      return [
        happening('mark.updated', `you have read up to ${event.body.readSeq}, on all your devices`),
      ]
    // Nor is what is between people, nor what a later version of the server tells.
    default:
      return []
  }
}

type MessageEvent = Extract<TypedEvent<NoKinds>, { type: `message.${string}` }>

function messageHappenings(event: MessageEvent, { userId, nameOf }: Reader): readonly Happening[] {
  switch (event.type) {
    case 'message.created': {
      const { message } = event.body
      if (message.senderId === userId) {
        return [happening('message.accepted', `your message is number ${message.seq}, for good`)]
      }
      return [happening('message.created', `${nameOf(message.senderId)}: ${textOf(message)}`)]
    }
    case 'message.edited': {
      const { message } = event.body
      return [happening('message.edited', `${nameOf(message.senderId)} means: ${textOf(message)}`)]
    }
    case 'message.deleted':
      return [happening('message.deleted', `message ${event.body.message.seq} is gone`)]
    case 'message.reacted': {
      const { userId: reader, reaction, removed, messageSeq } = event.body
      if (reader === null || reaction === null) return []
      const does = removed ? 'takes back' : 'gives'
      const text = `${nameOf(reader)} ${does} ${reaction} to message ${messageSeq}`
      return [happening('message.reacted', text)]
    }
    case 'message.hidden': {
      const text = `you do not see message ${event.body.messageSeq} any more`
      return [happening('message.hidden', text)]
    }
  }
}

function receiptHappenings(
  receipts: readonly Receipt[],
  { userId, nameOf }: Reader,
): readonly Happening[] {
  return receipts
    .filter((receipt) => receipt.userId !== userId)
    .map(({ kind, userId: reader, to }) =>
      happening(
        `message.${kind}`,
        `${nameOf(reader)} has ${kind === 'read' ? 'read' : 'everything'} up to ${to}`,
      ),
    )
}

function happeningOfSignal(
  { type, body }: TypingSignal,
  nameOf: (userId: string) => string,
): Happening {
  return happening(
    type,
    `${nameOf(body.userId)} ${type === 'typing.started' ? 'is typing …' : 'has stopped typing'}`,
  )
}

function happening(name: keyof typeof EVENTS, text: string): Happening {
  return { number: EVENTS[name], name, text }
}

function textOf({ body }: TypedMessage<NoKinds>): string {
  switch (body.kind) {
    case 'text':
      return body.text
    case 'image':
    case 'video':
      return `(${body.kind}) ${body.url}`
    case 'deleted':
      return '(deleted)'
    case 'unknown':
      return `(${body.name})`
  }
}
