/** The part of a request that says where it comes from. */
export interface AddressedRequest {
  readonly socket: { readonly remoteAddress?: string | undefined }
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/**
 * The address of a client. Behind `trustProxy` proxies it is the one that the outermost of them added to
 * X-Forwarded-For: whatever stands further left was written by the client himself.
 */
export function clientAddress(request: AddressedRequest, trustProxy: number): string {
  const direct = request.socket.remoteAddress ?? ''
  if (trustProxy === 0) return direct
  const header = request.headers['x-forwarded-for']
  const hops = String(header ?? '')
    .split(',')
    .map((hop) => hop.trim())
    .filter((hop) => hop !== '')
  return hops.at(-trustProxy) ?? hops[0] ?? direct
}

/** True when the other end of the connection is this machine. */
export function isLoopbackAddress(address: string): boolean {
  return address === '::1' || /^(?:::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(address)
}
