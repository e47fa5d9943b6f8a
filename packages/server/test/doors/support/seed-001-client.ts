import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { vi } from 'vitest'
import { WebSocket } from 'ws'

/** Every answer of seed 001. */
export interface Envelope {
  readonly status: string
  readonly data: readonly Record<string, unknown>[]
  readonly error: {
    readonly code: number
    readonly errors: Record<string, string> | null
    readonly message: string
  }
  readonly page: number
  readonly per_page: number
  readonly current_page: number
}

/** The access key as the seed shows it. */
export interface Token {
  readonly access_key_id: string
  readonly secret_access_key: string
  readonly refresh_token: string
}

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** What a client of the seed signs for itself, with what any JWT library makes of the same. */
export function signed(
  { access_key_id: kid, secret_access_key: secret }: Token,
  claims: object = { exp: Math.floor(Date.now() / 1000) + 60 },
  header: object = { alg: 'HS256', typ: 'JWT', kid },
): string {
  const text = `${part(header)}.${part(claims)}`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

/** One request; `as` signs it. */
export async function ask(
  url: string,
  {
    method = 'GET',
    body,
    as,
    jwt,
  }: { method?: string; body?: unknown; as?: Token; jwt?: string } = {},
): Promise<Envelope> {
  const bearer = jwt ?? (as === undefined ? undefined : signed(as))
  const response = await fetch(url, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const envelope = (await response.json()) as Envelope
  if (envelope.error.code !== response.status) throw new Error(`a code that is not the status`)
  return envelope
}

/** Registers as the seed does; answers the access key. */
export async function signUp(url: string, username: string): Promise<Token> {
  const body = {
    first_name: username,
    last_name: 'Bobson',
    username,
    password: '0000',
    email: `${username}@example.com`,
    phone: '0123456789',
  }
  const { data } = await ask(`${url}/api/register`, { method: 'POST', body })
  return data[0]?.['token'] as Token
}

/** The seed's WebSocket. */
export class Seed001Client implements AsyncDisposable {
  readonly heard: unknown[] = []
  readonly socket: WebSocket

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data: Buffer) => this.heard.push(JSON.parse(data.toString())))
  }

  /** @param token to sign with, or one that the server has issued */
  static async open(url: string, token: Token | string): Promise<Seed001Client> {
    const bearer = typeof token === 'string' ? token : signed(token)
    const headers = { authorization: `Bearer ${bearer}` }
    const client = new Seed001Client(
      new WebSocket(`${url.replace('http', 'ws')}/api/ws`, { headers }),
    )
    await once(client.socket, 'open')
    return client
  }

  send(sent: unknown): void {
    this.socket.send(typeof sent === 'string' ? sent : JSON.stringify(sent))
  }

  /** Resolves with what has been heard, once that is so much. */
  async hears(count: number): Promise<readonly unknown[]> {
    await vi.waitFor(() => {
      if (this.heard.length < count) throw new Error(`${this.heard.length} of ${count} heard`)
    })
    return this.heard
  }

  /** Resolves at the first ping after so much has been heard; its answer, sent by itself, proves it. */
  async pinged(count: number): Promise<void> {
    do await once(this.socket, 'ping')
    while (this.heard.length < count)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return
    const closed = once(this.socket, 'close')
    this.socket.close()
    await closed
  }
}
