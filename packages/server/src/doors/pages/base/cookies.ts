import { randomBytes } from 'node:crypto'

/** The cookies of the pages. */
export interface Cookies {
  /** Of somebody who is signed in. */
  readonly session: Cookie
  /** Of a browser in which nobody is signed in yet: it binds the sign-in form to the browser that has asked for it. */
  readonly visitor: Cookie
}

/** One cookie: what a request brings, and how it is set. */
export interface Cookie {
  of(request: Request): string | undefined
  set(value: string): string
  readonly clear: string
}

/**
 * `__Host-` binds a cookie to this host, this path and TLS. Without TLS, as on a development machine, browsers refuse the
 * prefix, so there the cookies have plain names and are not `Secure`. A configured address that is not `https` and not this
 * machine is the operator's decision: passwords travel the same way there.
 */
export function cookiesOf(publicUrl: string): Cookies {
  const isSecure = new URL(publicUrl).protocol === 'https:'
  const cookie = (name: string): Cookie => {
    const full = isSecure ? `__Host-${name}` : name
    // Lax: somebody whom another site sends to the consent page is still signed in. Forms are checked besides.
    const attributes = `Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`
    return {
      of: (request) => valueOf(request.headers.get('cookie') ?? '', full),
      set: (value) => `${full}=${value}; ${attributes}`,
      clear: `${full}=; ${attributes}; Max-Age=0`,
    }
  }
  return { session: cookie('tidings-session'), visitor: cookie('tidings-visitor') }
}

/** Names a browser in which nobody is signed in. */
export function newVisitor(): string {
  return randomBytes(16).toString('base64url')
}

function valueOf(header: string, name: string): string | undefined {
  for (const pair of header.split(';')) {
    const [key, value] = pair.trim().split('=', 2)
    if (key === name && value !== undefined && value !== '') return value
  }
  return undefined
}
