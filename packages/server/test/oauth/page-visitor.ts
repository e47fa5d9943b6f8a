import type { Person } from '../contract/person.ts'
import { pkce, REDIRECT, type OAuthWorld, type Params, type TestClient } from './world.ts'

/** What the consent page has shown. */
interface Shown {
  readonly path: string
  readonly policy: string
  readonly html: string
  readonly token: string
}

/** The same, of a request with PKCE. */
export interface Asked extends Shown {
  readonly verifier: string
}

/** Somebody who is signed in to the pages: cookies and forms, without a browser. */
export class PageVisitor {
  readonly #world: OAuthWorld
  readonly #cookies = new Map<string, string>()

  private constructor(world: OAuthWorld) {
    this.#world = world
  }

  static async signIn(world: OAuthWorld, { name }: Person): Promise<PageVisitor> {
    const visitor = new PageVisitor(world)
    const path = '/account/sign-in'
    const html = await (await visitor.#send(path)).text()
    const fields = { _token: tokenOf(html, path), login: name, password: 'correct horse' }
    await visitor.#send(path, fields)
    return visitor
  }

  /** Opens the consent page for a request of a client. */
  async ask(client: TestClient, more: Params): Promise<Asked> {
    const { verifier, challenge } = pkce()
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: client.id,
      redirect_uri: REDIRECT,
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...more,
    })
    return { ...(await this.open(`/oauth/authorize?${query.toString()}`)), verifier }
  }

  /** Comes as an app sends its users, and is led to the consent page. */
  async open(request: string): Promise<Shown> {
    const to = (await this.#send(request)).headers.get('location') ?? ''
    const { pathname, search } = new URL(to, this.#world.url)
    const path = pathname + search
    const page = await this.#send(path)
    const [policy, html] = [page.headers.get('content-security-policy') ?? '', await page.text()]
    return { path, policy, html, token: tokenOf(html, pathname) }
  }

  /** Sends the form. */
  answer({ path, token }: Shown, more: Params = {}): Promise<Response> {
    return this.#send(path, { _token: token, answer: 'allow', ...more })
  }

  /** Says yes, and answers the access token that comes of it. */
  async allow(client: TestClient, asked: Asked, more: Params = {}): Promise<string> {
    const to = (await this.answer(asked, more)).headers.get('location') ?? ''
    const code = URL.canParse(to) ? new URL(to).searchParams.get('code') : null
    if (code === null) throw new Error(`no code: ${to}`)
    const { verifier } = asked
    const { body } = await this.#world.exchange(client, { code, verifier })
    return String(body['access_token'])
  }

  async #send(path: string, fields?: Params): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(this.#world.url + path, {
      redirect: 'manual',
      headers: { cookie },
      ...(fields === undefined ? {} : { method: 'POST', body: new URLSearchParams(fields) }),
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      this.#cookies.set(name, value)
    }
    return response
  }
}

/** Of the form on a page that is sent to a path. */
function tokenOf(html: string, action: string): string {
  const forms = html.split('<form').slice(1)
  const form = forms.find((text) => text.includes(`action="${action}`)) ?? ''
  return /name="_token" value="([^"]+)"/.exec(form)?.[1] ?? ''
}
