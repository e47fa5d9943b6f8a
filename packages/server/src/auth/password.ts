import { Argon2id } from 'oslo/password'
import { openGate } from './gate.ts'

/** What hashing a password takes. */
export interface PasswordCost {
  readonly kibibytes: number
  readonly passes: number
}

/** 19 MiB, two passes, one lane: what OWASP asks for at least, and about 25 ms. */
const COST: PasswordCost = { kibibytes: 19_456, passes: 2 }

/** Of a password that nobody knows. An unknown user is checked against it, so that he takes as long as a known one. */
export const UNKNOWN_USER_HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'

/** In place of a hash: no password opens the account, and trying one takes as long as with any other. */
export const NO_PASSWORD = ''

/** Hashes at once: more would take the threads and the memory (19 MiB each) that everybody else needs. */
const AT_ONCE = 4
const MAX_WAITING = 200

/** Hashing of passwords, never more than four at once. */
export interface Passwords {
  hash(password: string): Promise<string>
  /** Takes the same time without a hash (unknown user) as with one, and then answers false. */
  verify(hash: string | undefined, password: string): Promise<boolean>
}

/** No setting leads to another cost: only our own tests, which hash by the hundred, give one. */
export function openPasswords({ kibibytes, passes }: PasswordCost = COST): Passwords {
  const argon2 = new Argon2id({ memorySize: kibibytes, iterations: passes, parallelism: 1 })
  const gate = openGate({ size: AT_ONCE, maxWaiting: MAX_WAITING })
  return {
    hash: (password) => gate.run(() => argon2.hash(password)),
    async verify(hash, password) {
      const matches = await gate.run(() => matchesHash(argon2, hash ?? UNKNOWN_USER_HASH, password))
      return matches && hash !== undefined
    },
  }
}

/** A hash that cannot be read matches nothing; oslo throws at it. */
async function matchesHash(argon2: Argon2id, hash: string, password: string): Promise<boolean> {
  try {
    return await argon2.verify(hash, password)
  } catch {
    return false
  }
}
