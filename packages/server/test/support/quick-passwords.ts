import { openPasswords, type Passwords } from '../../src/auth/password.ts'

/** Argon2id as in production, but for the least that it can cost: a suite hashes passwords by the thousand. */
export function quickPasswords(): Passwords {
  return openPasswords({ kibibytes: 8, passes: 1 })
}
