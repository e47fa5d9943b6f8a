import { once } from 'node:events'
import { frameSchema, type Frame, type FrameOf } from '@tidings/protocol/numbered'
import { vi } from 'vitest'
import { WebSocket } from 'ws'

/** What an HTTP route answered. */
export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: Headers
}

/** Seed 002's curl. */
export async function request(
  url: string,
  options: {
    method?: string
    token?: string
    body?: unknown
    headers?: Record<string, string>
  } = {},
): Promise<Answer> {
  const { method = 'POST', token, body, headers } = options
  const response = await fetch(url, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `bearer ${token}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  const answer: unknown = text === '' ? {} : JSON.parse(text)
  if (typeof answer !== 'object' || answer === null) throw new Error(`not an object: ${text}`)
  return { status: response.status, body: { ...answer }, headers: response.headers }
}

/** A field of an answer that must be text. */
export function textOf(answer: Answer, field: string): string {
  const value = answer.body[field]
  if (typeof value !== 'string') throw new Error(`no ${field} in ${JSON.stringify(answer.body)}`)
  return value
}

/** Somebody who has registered and logged in as the seed does. */
export interface SeedUser {
  readonly url: string
  readonly id: string
  readonly username: string
  readonly token: string
}

/** `POST /users` and `POST /login`. */
export async function signUp(url: string, username: string): Promise<SeedUser> {
  const account = { username, email: `${username}@gmail.com`, password: '0000' }
  const id = textOf(await request(`${url}/users`, { body: account }), 'id')
  return logIn({ url, id, username })
}

/** `POST /login`. */
export async function logIn(user: Omit<SeedUser, 'token'>): Promise<SeedUser> {
  const body = { username: user.username, password: '0000' }
  return { ...user, token: textOf(await request(`${user.url}/login`, { body }), 'token') }
}

/** `POST /sessions`; answers the `messaging_url`. */
export async function openSession(user: SeedUser, deviceId = '0000'): Promise<string> {
  const body = {
    device_id: deviceId,
    platform: 'web',
    model: 'chrome',
    build: 1,
    name: 'ievgen-pc',
  }
  const answer = await request(`${user.url}/sessions`, { token: user.token, body })
  return textOf(answer, 'messaging_url')
}

/** `POST /groups`; answers the id. */
export async function createGroup(owner: SeedUser, others: readonly SeedUser[]): Promise<string> {
  const body = { name: 'group_1', user_ids: others.map(({ id }) => id) }
  return textOf(await request(`${owner.url}/groups`, { token: owner.token, body }), 'id')
}

/** A bare WebSocket that keeps what it has heard. */
export class NumberedClient implements AsyncDisposable {
  readonly socket: WebSocket
  /** Every frame, in the order of arrival. */
  readonly frames: Frame[] = []
  closeCode: number | undefined
  /** How many events had come when the last ping did: these are proven once its pong has arrived. */
  #pinged = 0

  constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data: Buffer) =>
      this.frames.push(frameSchema.parse(JSON.parse(data.toString()))),
    )
    socket.on('ping', (payload: Buffer) => {
      // One without a payload only asks whether the connection lives.
      if (payload.length > 0) this.#pinged = this.events()
    })
    socket.on('close', (code) => {
      this.closeCode = code
    })
    socket.on('error', () => undefined)
  }

  /** Opens the socket of a device, and calls method 20 with the client's own now as the seed does. */
  static async open(
    user: SeedUser,
    options: { deviceId?: string; start?: object | false; autoPong?: boolean } = {},
  ): Promise<NumberedClient> {
    const { deviceId, start = { method: 20, timestamp: Date.now() }, autoPong = true } = options
    const client = new NumberedClient(
      new WebSocket(await openSession(user, deviceId), { autoPong }),
    )
    await once(client.socket, 'open')
    if (start !== false) client.send(start)
    return client
  }

  send(call: object | string): void {
    this.socket.send(typeof call === 'string' ? call : JSON.stringify(call))
  }

  /** All frames of one type so far. */
  all<Type extends Frame['type']>(type: Type): FrameOf<Type>[] {
    return this.frames.filter((frame): frame is FrameOf<Type> => frame.type === type)
  }

  /** The types of all frames so far, without one. */
  typesBut(left: Frame['type']): Frame['type'][] {
    return this.frames.map(({ type }) => type).filter((type) => type !== left)
  }

  /** Waits for the frame of a type that `matches`, or the first of that type. */
  heard<Type extends Frame['type']>(
    type: Type,
    matches: (frame: FrameOf<Type>) => boolean = () => true,
  ): Promise<FrameOf<Type>> {
    return vi.waitFor(() => {
      const frame = this.all(type).find(matches)
      if (frame === undefined)
        throw new Error(`no frame ${type} among ${this.frames.map((heard) => heard.type).join()}`)
      return frame
    }, WAIT)
  }

  /** Waits until so many frames of a type have come. */
  async count(type: Frame['type'], count: number): Promise<void> {
    await vi.waitFor(
      () => {
        const heard = this.all(type).length
        if (heard < count) throw new Error(`${heard} of ${count} frames ${type}`)
      },
      { timeout: 20_000, interval: 20 },
    )
  }

  /** Makes a call with an `id` and waits until it is answered: whatever was caused before it has been heard. */
  async call(call: Record<string, unknown>): Promise<FrameOf<1> | FrameOf<90>> {
    const id = `call-${(lastCall += 1)}`
    this.send({ ...call, id })
    return vi.waitFor(() => {
      const answer = [...this.all(1), ...this.all(90)].find(({ body }) => body.id === id)
      if (answer === undefined) throw new Error(`no answer to ${JSON.stringify(call)}`)
      return answer
    }, WAIT)
  }

  /** Waits until everything heard so far is proven by the answer to a ping. */
  proven(): Promise<void> {
    return vi.waitFor(() => {
      if (this.#pinged < this.events()) throw new Error('no ping after the last event')
    }, WAIT)
  }

  /** How many durable events have come. */
  events(): number {
    return this.frames.filter(({ id }) => id !== undefined).length
  }

  /** Sends a text and answers the id of the message. */
  async say(groupId: string, data: string): Promise<string> {
    const answer = await this.call({ method: 40, body: { group_id: groupId, data } })
    if (answer.type === 90) throw new Error(JSON.stringify(answer.body))
    return String(answer.body.result['message_id'])
  }

  /** The texts heard in frames 20. */
  texts(): string[] {
    return this.all(20).map(({ body }) => body.data)
  }

  async close(): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return
    this.socket.close()
    await once(this.socket, 'close')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.terminate()
    if (this.socket.readyState !== WebSocket.CLOSED) await once(this.socket, 'close')
  }
}

const WAIT = { timeout: 15_000, interval: 5 }
let lastCall = 0
