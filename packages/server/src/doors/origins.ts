import type { IncomingMessage } from 'node:http'
import { isLoopback, type Config } from '../config.ts'

/** What decides about an origin. */
export type OriginConfig = Pick<Config, 'host' | 'publicUrl' | 'allowedOrigins'>

/** The Origin header; null when the caller is no browser. */
export function originOf(request: IncomingMessage): string | null {
  return request.headers.origin ?? null
}

/**
 * Which pages may use this server: its own, those that the operator named, and, while the server itself can only be
 * reached from this machine, any page of this machine (an app in development on another port). Compared as whole
 * origins: `good.example.evil` and another port or scheme are other origins, and `null` (a sandboxed page, a file) is
 * never allowed. No Origin means no browser: there is nothing to protect, since no API takes a cookie. The pages do, and
 * look for themselves at where a form comes from.
 */
export function isOriginAllowed(config: OriginConfig, origin: string | null): boolean {
  if (origin === null) return true
  const url = URL.canParse(origin) ? new URL(origin) : undefined
  if (url === undefined) return false
  // First, since an app's own scheme (`capacitor://localhost`) has no canonical form.
  if (config.allowedOrigins.includes(origin)) return true
  // A browser sends the canonical form; anything else did not come from one.
  if (url.origin !== origin) return false
  if (origin === new URL(config.publicUrl).origin) return true
  return isLoopback(config.host) && isLoopback(url.hostname)
}
