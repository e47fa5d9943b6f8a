import type { Database, Tx } from '../db/database.ts'

/** Notes the use of a one-time secret; false when it was used before. */
export async function claimSecret(
  { tables: { usedSecrets } }: Database,
  tx: Tx,
  use: { readonly digest: string; readonly usedAt: number; readonly expiresAt: number },
): Promise<boolean> {
  const { digest, usedAt, expiresAt } = use
  const rows = await tx
    .insert(usedSecrets)
    .values({ digest, usedAt, expiresAt })
    .onConflictDoNothing()
    .returning({ digest: usedSecrets.digest })
  return rows.length > 0
}
