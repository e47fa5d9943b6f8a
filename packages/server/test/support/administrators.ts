import { runCommand } from '../../src/commands/command.ts'

/** Gives a user the office of an administrator, as the operator does: beside the server. */
export async function makeAdmin(databaseUrl: string, username: string): Promise<void> {
  let said = ''
  const code = await runCommand(['make-admin', username], {
    environment: { DATABASE_URL: databaseUrl },
    out: () => undefined,
    err: (text) => void (said += text),
  })
  if (code !== 0) throw new Error(said)
}
