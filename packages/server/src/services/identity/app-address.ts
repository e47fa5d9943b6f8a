import { TidingsError } from '@tidings/protocol/wire'
import { isLoopback, type Config } from '../../config.ts'

const MAX_LENGTH = 2000

/**
 * Where a sign-in may end: in a page of an origin that may use this server. Compared as whole origins, after the address has been
 * read as browsers read it.
 * @throws TidingsError INVALID_INPUT
 */
export function requireAppAddress(
  config: Pick<Config, 'host' | 'publicUrl' | 'allowedOrigins'>,
  address: string,
): void {
  if (!isAppAddress(config, address)) {
    const message = 'must be an address of an allowed origin, without fragment'
    const fields = [{ path: 'redirectUri', message }]
    throw new TidingsError('INVALID_INPUT', undefined, { fields })
  }
}

function isAppAddress(
  { host, publicUrl, allowedOrigins }: Pick<Config, 'host' | 'publicUrl' | 'allowedOrigins'>,
  address: string,
): boolean {
  // Browsers read a backslash as a slash and leave out tabs: what needs that is no honest address.
  if (address.length > MAX_LENGTH || /[\\\s\p{C}]/u.test(address) || !URL.canParse(address))
    return false
  const url = new URL(address)
  if (url.hash !== '' || address.includes('#') || url.username !== '' || url.password !== '')
    return false
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:'
  // An app's own scheme (`capacitor://localhost`) has no origin that URL knows.
  if (!isWeb) return allowedOrigins.includes(`${url.protocol}//${url.host}`)
  if (allowedOrigins.includes(url.origin) || url.origin === new URL(publicUrl).origin) return true
  return isLoopback(host) && isLoopback(url.hostname)
}
