import { createClient } from '@tidings/sdk'
import type { Command } from '../cli/command.ts'
import { askPassword, PASSWORD_OPTION } from './password.ts'

/** `tidings verify-email` */
export const verifyEmail: Command = {
  name: 'verify-email',
  summary: 'have a code sent to your address, or give it back',
  args: [{ name: 'code', about: 'the code of the mail', optional: true }],
  examples: ['verify-email', 'verify-email T3x…'],
  shapes: [
    {
      what: 'whether a mail was asked for, or the address is known to be yours',
      fields: ['state'],
    },
  ],
  async run({ client, optionalArg, out }) {
    const code = optionalArg('code')
    if (code === undefined) await client().account.requestEmailVerification()
    else await client().account.verifyEmail({ code })
    const state = code === undefined ? 'sent' : 'verified'
    out.result({ state }, code === undefined ? 'look into your mail' : 'the address is yours')
  },
}

/** `tidings forgot-password` */
export const forgotPassword: Command = {
  name: 'forgot-password',
  summary: 'have a code sent by which you choose another password',
  args: [{ name: 'address', about: 'your e-mail address' }],
  examples: ['forgot-password ann@example.org'],
  shapes: [{ what: 'that a mail was asked for', fields: ['state'] }],
  async run({ profile, callTimeoutMs, arg, out }) {
    const client = createClient({ url: profile.url, callTimeoutMs })
    try {
      await client.account.requestPasswordReset({ email: arg('address') })
    } finally {
      await client.close()
    }
    out.result({ state: 'sent' }, 'if the address is known, a mail is on its way')
  },
}

/** `tidings reset-password` */
export const resetPassword: Command = {
  name: 'reset-password',
  summary: 'choose another password by the code of a mail; all of your sessions end',
  args: [{ name: 'code', about: 'the code of the mail' }],
  options: [PASSWORD_OPTION],
  examples: ['reset-password T3x…'],
  shapes: [{ what: 'that it is done', fields: ['state'] }],
  async run(call) {
    const { profile, callTimeoutMs, arg, out } = call
    const newPassword = await askPassword(call, { twice: true })
    const client = createClient({ url: profile.url, callTimeoutMs })
    try {
      await client.account.resetPassword({ code: arg('code'), newPassword })
    } finally {
      await client.close()
    }
    out.result({ state: 'changed' }, 'sign in by the new password')
  },
}
