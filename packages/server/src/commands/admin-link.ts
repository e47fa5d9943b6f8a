import { makeAdminToken } from '../auth/admin-link.ts'
import { findSecrets } from '../auth/secret.ts'
import { systemClock } from '../clock.ts'
import { loadConfig } from '../load-config.ts'
import type { CommandOptions } from './options.ts'

/**
 * `tidings-server admin-link`. The link is made of the server's secret alone: nothing is written, and no server need run. The
 * server that is shown it writes down that it was used.
 */
export async function runAdminLink(options: CommandOptions): Promise<number> {
  const { environment, json, write, fail } = options
  const { config, problems = [] } = loadConfig(environment)
  for (const problem of problems) fail(problem)
  if (config === undefined) return 1
  const [secret] = (await findSecrets(config)) ?? []
  if (secret === undefined) {
    fail('there is no secret yet: start the server once, or set TIDINGS_SECRET')
    return 1
  }
  const token = makeAdminToken(secret, systemClock.now())
  const link = `${config.publicUrl}/admin/first?token=${token}`
  write(
    json
      ? `${JSON.stringify({ link })}\n`
      : `${link}\n\nWhoever opens it within an hour and signs in becomes the first administrator. It works once.\n`,
  )
  return 0
}
