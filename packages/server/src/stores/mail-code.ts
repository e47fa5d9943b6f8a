import { and, eq, gt } from 'drizzle-orm'
import type { Source, Target } from './conversation.ts'

/** What a code is for. */
export type MailPurpose = 'verify' | 'reset'

/** A code as it is kept. */
export interface MailCode {
  readonly digest: string
  readonly userKey: number
  readonly purpose: MailPurpose
  /** The address that it was sent to. */
  readonly emailKey: string
  readonly expiresAt: number
}

export async function insertMailCode({ tables, tx }: Target, code: MailCode): Promise<void> {
  await tx.insert(tables.mailCodes).values(code)
}

/** Whose a code is, as long as it is good. */
export async function findMailCode(
  { tables: { mailCodes }, read }: Source,
  code: { readonly digest: string; readonly purpose: MailPurpose; readonly now: number },
): Promise<{ readonly userKey: number; readonly emailKey: string } | undefined> {
  const [row] = await read
    .select({ userKey: mailCodes.userKey, emailKey: mailCodes.emailKey })
    .from(mailCodes)
    .where(
      and(
        eq(mailCodes.digest, code.digest),
        eq(mailCodes.purpose, code.purpose),
        gt(mailCodes.expiresAt, code.now),
      ),
    )
  return row
}

/** Uses up all codes of a user, or those for one purpose. */
export async function deleteMailCodes(
  { tables: { mailCodes }, tx }: Target,
  userKey: number,
  purpose?: MailPurpose,
): Promise<void> {
  const isMeant = purpose === undefined ? undefined : eq(mailCodes.purpose, purpose)
  await tx.delete(mailCodes).where(and(eq(mailCodes.userKey, userKey), isMeant))
}
