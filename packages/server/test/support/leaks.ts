import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

/** What secrets look like: access tokens, tickets and refresh tokens, hashes. */
const SHAPES = [/eyJ[\w-]{8,}\.[\w-]{8,}/, /\btd[acikrst]_[\w-]{16,}/, /\$argon2/]

/** Whether a text holds a secret: one that looks like it, or one of these, which have no shape, such as passwords. */
export function holdsSecret(text: string, secrets: readonly string[]): boolean {
  return secrets.some((secret) => text.includes(secret)) || SHAPES.some((shape) => shape.test(text))
}

/** Looks at each line that a process writes. It may be read by others beside. */
export function watchLines(
  streams: readonly Readable[],
  secrets: readonly string[],
  onLeak: (line: string) => void,
): void {
  for (const input of streams)
    createInterface({ input }).on('line', (line) => {
      if (holdsSecret(line, secrets)) onLeak(line)
    })
}
