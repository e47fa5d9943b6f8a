const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const VALUES: ReadonlyMap<string, number> = new Map(
  Array.from(ALPHABET, (char, value) => [char, value]),
)

/** Base64url without padding of a text of ASCII characters. Written out, because `btoa` and `Buffer` are not everywhere. */
export function toBase64url(ascii: string): string {
  let text = ''
  for (let at = 0; at < ascii.length; at += 3) {
    const left = ascii.length - at
    const bits =
      (ascii.charCodeAt(at) << 16) |
      (left > 1 ? ascii.charCodeAt(at + 1) << 8 : 0) |
      (left > 2 ? ascii.charCodeAt(at + 2) : 0)
    text += ALPHABET.charAt(bits >> 18) + ALPHABET.charAt((bits >> 12) & 63)
    if (left > 1) text += ALPHABET.charAt((bits >> 6) & 63)
    if (left > 2) text += ALPHABET.charAt(bits & 63)
  }
  return text
}

/** The text that `toBase64url` encoded, or undefined when it is nothing that it could have written. */
export function fromBase64url(text: string): string | undefined {
  if (text.length % 4 === 1) return undefined
  const chars: string[] = []
  let bits = 0
  let count = 0
  for (const char of text) {
    const value = VALUES.get(char)
    if (value === undefined) return undefined
    bits = ((bits << 6) | value) & 0xffff
    count += 6
    if (count < 8) continue
    count -= 8
    chars.push(String.fromCharCode((bits >> count) & 0xff))
  }
  const leftover = bits & ((1 << count) - 1)
  return leftover === 0 ? chars.join('') : undefined
}
