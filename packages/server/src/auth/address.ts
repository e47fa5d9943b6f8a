import { isIPv6 } from 'node:net'

const MAPPED = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i

/**
 * What counts as one address when tries are counted: an IPv4 address, or the /64 of an IPv6 one, since whoever has one
 * address of a /64 has all of them.
 */
export function addressKey(address: string): string {
  const mapped = MAPPED.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  const bare = address.split('%', 1)[0] ?? address
  if (!isIPv6(bare)) return address
  const [before = '', after] = bare.split('::')
  const left = groups(before)
  const right = after === undefined ? [] : groups(after)
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0')
  return [...left, ...zeros, ...right].slice(0, 4).join(':')
}

function groups(part: string): string[] {
  return part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16).toString(16))
}
