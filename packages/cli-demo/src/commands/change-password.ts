import type { Call, Command } from '../cli/command.ts'
import { usage } from '../cli/failure.ts'

/** `tidings change-password` */
export const changePassword: Command = {
  name: 'change-password',
  summary:
    'choose another password; your other sessions end, and with them what apps may do for you',
  options: [
    {
      flags: '--password-stdin',
      about:
        'read both from stdin: the present one from the first line, the new one from the second',
    },
    { flags: '--keep-others', about: 'leave everything else signed in' },
  ],
  examples: ['change-password', 'change-password --keep-others'],
  notes: 'TIDINGS_PASSWORD, if it is set, is the present one.',
  shapes: [{ what: 'that it is done', fields: ['state'] }],
  async run(call) {
    const [currentPassword, newPassword] = await askBoth(call)
    const revokeOthers = !call.options.flag('keepOthers')
    await call.client().account.changePassword({ currentPassword, newPassword, revokeOthers })
    call.out.result({ state: 'changed' }, 'the new password holds from now on')
  },
}

async function askBoth({ input, options, environment }: Call): Promise<readonly [string, string]> {
  if (options.flag('passwordStdin')) {
    const lines: string[] = []
    for await (const line of input.lines()) if (lines.push(line) === 2) break
    return requireBoth(lines[0], lines[1])
  }
  const given = environment['TIDINGS_PASSWORD'] || (await input.secret('Present password: '))
  const next = await input.secret('New password: ')
  if ((await input.secret('Once more: ')) !== next)
    throw usage('The two passwords are not the same.')
  return requireBoth(given, next)
}

function requireBoth(present = '', next = ''): readonly [string, string] {
  if (present === '' || next === '') throw usage('Both passwords are needed.')
  return [present, next]
}
