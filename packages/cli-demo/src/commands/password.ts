import type { Call } from '../cli/command.ts'
import { usage } from '../cli/failure.ts'

/** How a password reaches the program. It is no argument: those are seen by every user of the machine, and kept in histories. */
export const PASSWORD_OPTION = {
  flags: '--password-stdin',
  about: 'read the password from the first line of stdin (else TIDINGS_PASSWORD, else asked for)',
}

/**
 * The password, from where the user wants it taken.
 * @throws Failure USAGE when there is none
 */
export async function askPassword(
  call: Call,
  { twice }: { readonly twice: boolean },
): Promise<string> {
  const { input, options, environment } = call
  if (options.flag('passwordStdin')) return requireText(await input.line())
  const given = environment['TIDINGS_PASSWORD']
  if (given !== undefined && given !== '') return given
  const password = requireText(await input.secret('Password: '))
  if (twice && (await input.secret('Once more: ')) !== password)
    throw usage('The two passwords are not the same.')
  return password
}

function requireText(password: string): string {
  if (password === '') throw usage('The password is empty.')
  return password
}
