import type { Config } from '../config.ts'
import type { Mail } from '../mailer.ts'

/** Whom a code is sent to. */
export interface Addressed {
  readonly to: string
  readonly username: string
  readonly code: string
}

/** The mail that shows that an address is his who has given it. */
export function verifyMail({ verifyUrl }: Config, addressed: Addressed): Mail {
  return {
    kind: 'verify',
    subject: 'Please confirm your e-mail address',
    text: textOf(verifyUrl, addressed, [
      'please confirm that this address is yours.',
      'The code is good for 24 hours. If you did not ask for this, leave it alone.',
    ]),
    ...addressed,
  }
}

/** The mail by which somebody who has forgotten his password chooses another. */
export function resetMail({ resetUrl }: Config, addressed: Addressed): Mail {
  return {
    kind: 'reset',
    subject: 'Choose another password',
    text: textOf(resetUrl, addressed, [
      'somebody, you perhaps, wants to choose another password for your account.',
      'The code is good for 30 minutes and for one use. If it was not you, leave it alone: nothing has changed.',
    ]),
    ...addressed,
  }
}

function textOf(
  link: string | undefined,
  { username, code }: Addressed,
  [wish, advice]: readonly [string, string],
): string {
  const way = link === undefined ? [] : ['', `Open ${link.replaceAll('{code}', code)}`]
  return [`Hello ${username},`, '', wish, ...way, '', `Code: ${code}`, '', advice, ''].join('\n')
}
