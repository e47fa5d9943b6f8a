import type { Logger } from './logger.ts'

/** A mail to one user. An app that has words of its own makes them of `kind`, `code` and `username`. */
export interface Mail {
  readonly to: string
  readonly subject: string
  /** Plain text. */
  readonly text: string
  /** Whether it shows that the address is his, or lets him choose another password. */
  readonly kind: 'verify' | 'reset'
  /** Worth one use, for a short time: for his eyes alone. */
  readonly code: string
  readonly username: string
}

/** What sends mails. A rejection is logged, and the mail is lost: the user asks again. */
export interface Mailer {
  send(mail: Mail): Promise<void>
}

/** For a machine that serves itself alone: mails are printed to the log, codes and all. */
export function createLogMailer(log: Pick<Logger, 'info'>): Mailer {
  return {
    send({ to, subject, text }) {
      log.info({ to, subject, text }, 'a mail; with SMTP_URL it would be sent')
      return Promise.resolve()
    },
  }
}

/** How long a server of mails may take, milliseconds. */
const PATIENCE_MS = 20_000

/** Sends by SMTP (`smtp://`, `smtps://`). Loads what it takes with the first mail. */
export function createSmtpMailer(url: string, from: string): Mailer {
  return {
    async send({ to, subject, text }) {
      const { createTransport } = await import('nodemailer')
      const transport = createTransport({
        url,
        connectionTimeout: PATIENCE_MS,
        greetingTimeout: PATIENCE_MS,
        socketTimeout: PATIENCE_MS,
        // A text must never become a way to read what lies on this machine.
        disableFileAccess: true,
        disableUrlAccess: true,
      })
      try {
        await transport.sendMail({ from, to, subject, text })
      } finally {
        transport.close()
      }
    },
  }
}
