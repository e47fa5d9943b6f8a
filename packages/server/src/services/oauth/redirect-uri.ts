/** RFC 8252, 7.3: on this machine a native application listens wherever there is room. A name is not an address. */
const LOOPBACK = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]))(?::\d{1,5})?(\/[^#]*)?$/
/** RFC 8252, 7.1: the name of a domain that is one's own, the other way round. */
const PRIVATE_SCHEME = /^[a-z][a-z\d+-]*(?:\.[a-z\d+-]+)+:\/(?!\/)/
const MAX_LENGTH = 2000

/** The registered redirect URI that a given one is: character by character, but for the port on this machine. */
export function matchRedirectUri(registered: readonly string[], given: string): string | undefined {
  if (registered.includes(given)) return given
  const place = loopbackPlace(given)
  if (place === undefined || portOf(given) > 65_535) return undefined
  return registered.some((uri) => loopbackPlace(uri) === place) ? given : undefined
}

function loopbackPlace(uri: string): string | undefined {
  const [, host, rest = ''] = LOOPBACK.exec(uri) ?? []
  return host === undefined ? undefined : `${host}${rest}`
}

function portOf(uri: string): number {
  return Number(/:(\d{1,5})(?:\/|$)/.exec(uri)?.[1] ?? 0)
}

/**
 * What keeps a redirect URI from being registered; undefined when nothing does. What reads it one way here and another way
 * in a browser is refused: it must be written as browsers write it.
 */
export function redirectUriProblem(uri: string): string | undefined {
  if (uri.length > MAX_LENGTH) return `at most ${MAX_LENGTH} characters`
  if (!/^[!-~]+$/.test(uri) || /[\\"<>^`{|}*]/.test(uri)) return 'ASCII without blanks or wildcards'
  if (uri.includes('#')) return 'no fragment'
  if (!URL.canParse(uri)) return 'a whole address'
  if (PRIVATE_SCHEME.test(uri)) return undefined
  const url = new URL(uri)
  if (url.username !== '' || url.password !== '' || uri.split('?')[0]?.includes('@') === true)
    return 'no user in the address'
  if (url.href !== uri && url.href !== `${uri}/`) return `written as ${url.href}`
  if (url.hostname.endsWith('.')) return 'no dot at the end of the host'
  if (url.protocol === 'https:') return undefined
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  return url.protocol === 'http:' && isHere ? undefined : 'https, but on this machine'
}

/** Adds the answer's parameters to a redirect URI, which may have a query of its own. */
export function redirectTo(
  redirectUri: string,
  answer: Readonly<Record<string, string | undefined>>,
  mode: 'query' | 'fragment' = 'query',
): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(answer))
    if (value !== undefined) params.set(name, value)
  const text = params.toString()
  if (mode === 'fragment') return `${redirectUri}#${text}`
  return `${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${text}`
}
