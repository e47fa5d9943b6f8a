import { LIMITS, usernameSchema } from '@tidings/protocol'
import type { Machine } from '../machine.ts'

/** Names to try besides the one that is wished for. */
const TRIES = 3
const SUFFIX = 5

/**
 * Usernames for somebody who comes from elsewhere, to be tried in this order until one is free: the one that he has there, as
 * far as it can be one here, then it with digits, then one that says nothing.
 */
export function* newNames(
  wished: string | undefined,
  machine: Pick<Machine, 'random' | 'newId'>,
): Generator<string> {
  const base = wished === undefined ? undefined : toUsername(wished)
  if (base !== undefined) {
    yield base
    const short = toUsername(base.slice(0, LIMITS.usernameLength - SUFFIX)) ?? 'user'
    for (let at = 0; at < TRIES; at += 1)
      yield `${short}-${String(Math.floor(machine.random() * 9000) + 1000)}`
  }
  for (let at = 0; at < TRIES; at += 1) yield `user-${machine.newId().slice(0, 8)}`
}

/** Of an address the part before the @: the rest is nobody's name. */
function toUsername(wished: string): string | undefined {
  const plain = wished
    .slice(0, 1000)
    .normalize('NFC')
    .replace(/@.*$/su, '')
    .trim()
    .replaceAll(/\s+/gu, '.')
    .replaceAll(/[^\p{L}\p{N}\p{M}_.-]|\p{Default_Ignorable_Code_Point}/gu, '')
    .replace(/^[^\p{L}\p{N}]+/u, '')
  const cut = Array.from(plain).slice(0, LIMITS.usernameLength).join('')
  return usernameSchema.safeParse(cut).data
}
