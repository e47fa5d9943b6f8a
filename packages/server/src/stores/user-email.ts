import { and, eq, isNull } from 'drizzle-orm'
import type { Target } from './conversation.ts'

/** Notes that mail to a user's address reaches him; the first time counts. */
export async function noteEmailVerified(
  { tables: { users }, tx }: Target,
  key: number,
  emailVerifiedAt: number,
): Promise<void> {
  await tx
    .update(users)
    .set({ emailVerifiedAt })
    .where(and(eq(users.key, key), isNull(users.emailVerifiedAt)))
}
