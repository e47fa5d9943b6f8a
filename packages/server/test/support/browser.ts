/** What a browser does on the way from one server to another: it keeps cookies, and goes where it is led. */
export class Browser {
  readonly #cookies = new Map<string, Map<string, string>>()

  /** Opens an address, and stays there. */
  async open(address: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    const { host } = new URL(address)
    const jar = this.#cookies.get(host) ?? new Map<string, string>()
    this.#cookies.set(host, jar)
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(address, {
      redirect: 'manual',
      headers: { ...headers, ...(cookie === '' ? {} : { cookie }) },
    })
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=', 2)
      if (value === '') jar.delete(name)
      else jar.set(name, value)
    }
    return response
  }

  /** Where one address leads. */
  async ledTo(address: string): Promise<URL> {
    const response = await this.open(address)
    const location = response.headers.get('location')
    if (location === null)
      throw new Error(`${address} leads nowhere: ${response.status} ${await response.text()}`)
    return new URL(location, address)
  }

  /** Goes on until it is led to an address that begins so, and does not open that. */
  async followTo(address: string, beginning: string): Promise<URL> {
    let at = address
    for (let step = 0; step < 20; step += 1) {
      const next = await this.ledTo(at)
      if (next.href.startsWith(beginning)) return next
      at = next.href
    }
    throw new Error(`never led to ${beginning}`)
  }

  /** Forgets all cookies. */
  forget(): void {
    this.#cookies.clear()
  }
}
