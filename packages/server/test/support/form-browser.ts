const PASSWORD = 'correct horse'

/** A browser, as far as cookies and forms go: without one, so that it can do what none does. */
export class FormBrowser {
  readonly url: string
  readonly cookies = new Map<string, string>()

  constructor(url: string) {
    this.url = url
  }

  async get(path: string): Promise<Response> {
    return this.#keep(
      await fetch(this.url + path, { redirect: 'manual', headers: { cookie: this.#cookie() } }),
    )
  }

  async post(
    path: string,
    fields: Readonly<Record<string, string>> | URLSearchParams,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    const body = new URLSearchParams(fields)
    return this.#keep(
      await fetch(this.url + path, {
        method: 'POST',
        redirect: 'manual',
        headers: { cookie: this.#cookie(), ...headers },
        body,
      }),
    )
  }

  /** The token of the form on a page that is sent to a path. */
  async token(page: string, action: string): Promise<string> {
    const html = await (await this.get(page)).text()
    const forms = html.split('<form').slice(1)
    const form = forms.find((text) => text.includes(`action="${action}"`)) ?? ''
    return /name="_token" value="([^"]+)"/.exec(form)?.[1] ?? ''
  }

  async signIn(login: string, password: string = PASSWORD): Promise<Response> {
    const token = await this.token('/account/sign-in', '/account/sign-in')
    return this.post('/account/sign-in', { _token: token, login, password })
  }

  #cookie(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  #keep(response: Response): Response {
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return response
  }
}
