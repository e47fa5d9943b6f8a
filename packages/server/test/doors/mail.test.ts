import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { expect, test, vi } from 'vitest'
import { createLogger } from '../../src/logger.ts'
import { createServer } from '../../src/server.ts'
import type { ServerOptions } from '../../src/server-options.ts'
import { createTestPlace } from '../support/databases.ts'

const SECRET = 'a secret of tests that is long enough 0123456789'
const PATIENCE = { timeout: 20_000 }

/** A server of mails that takes all of them. */
async function openSmtp() {
  const mails: string[] = []
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onAuth: ({ username, password }, _session, done) =>
      password === 'right' ? done(null, { user: username }) : done(new Error('wrong')),
    onData(stream, _session, done) {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => void parts.push(part))
      stream.on('end', () => {
        mails.push(Buffer.concat(parts).toString())
        done()
      })
    },
  })
  smtp.listen(0, '127.0.0.1')
  await once(smtp.server, 'listening')
  const { port } = smtp.server.address() as AddressInfo
  return {
    mails,
    port,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => smtp.close(() => resolve())),
  }
}

/** ann asks for a mail. Resolves when the server has closed: what was asked for has been sent, or could not be. */
async function askForMail(options: ServerOptions): Promise<{ readonly log: string }> {
  await using place = await createTestPlace('sqlite')
  const lines: string[] = []
  const log = createLogger({
    level: 'info',
    destination: { write: (line) => void lines.push(line) },
  })
  const settings = { databaseUrl: place.url, secrets: [SECRET], port: 0, log }
  const server = createServer({ ...settings, ...options })
  await server.listen()
  const nobody = await server.createCaller()
  const email = 'ann@example.org'
  await nobody.account.register({ username: 'ann', email, password: 'correct horse' })
  await nobody.account.requestPasswordReset({ email })
  await server.close()
  return { log: lines.join('') }
}

test('[PPL16] mails go by SMTP, signed in, from the address that was set, and no code is in the log', async () => {
  await using smtp = await openSmtp()
  const { log } = await askForMail({
    smtpUrl: `smtp://tidings:right@127.0.0.1:${smtp.port}`,
    mailFrom: 'Chat <chat@example.org>',
    resetUrl: 'https://app.example.org/reset#{code}',
  })
  await vi.waitFor(() => expect(smtp.mails).toHaveLength(1), PATIENCE)
  const [mail = ''] = smtp.mails
  expect(mail).toContain('From: Chat <chat@example.org>')
  expect(mail).toContain('To: ann@example.org')
  const text = mail.replaceAll('=\r\n', '').replaceAll('=3D', '=')
  const [, code = ''] = /Code: (tdm_[\w-]{43})/.exec(text) ?? []
  expect(text).toContain(`https://app.example.org/reset#${code}`)
  expect(log).not.toContain(code)
})

test('[PPL16] a server of mails that refuses is logged, without its password, and nobody is told', async () => {
  await using smtp = await openSmtp()
  const { log } = await askForMail({ smtpUrl: `smtp://tidings:wrong@127.0.0.1:${smtp.port}` })
  expect(smtp.mails).toEqual([])
  expect(log).toContain('a mail could not be sent')
  expect(log).not.toContain('wrong@')
})

test('[PPL16] without one, mails are printed to the log where nobody else reaches the server, and refused elsewhere', async () => {
  const { log } = await askForMail({})
  expect(log).toMatch(/Code: tdm_[\w-]{43}/)
  await expect(askForMail({ publicUrl: 'https://chat.example.org' })).rejects.toMatchObject({
    message: 'This server sends no mail.',
    cause: { code: 'NO_MAIL' },
  })
})

test('[PPL16] an app brings a mailer of its own', async () => {
  const mails: string[] = []
  const { log } = await askForMail({
    mailer: { send: async ({ kind, username }) => void mails.push(`${kind} ${username}`) },
  })
  expect(mails).toEqual(['reset ann'])
  expect(log).not.toMatch(/Code:/)
})
