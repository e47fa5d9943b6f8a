import { DatabaseOpenError } from './errors.ts'
import type { Lane } from './postgres-lane.ts'

// Without them an acknowledged message can be lost, or the whole database torn, when the machine stops.
const REQUIRED = ['fsync', 'full_page_writes', 'synchronous_commit'] as const

/** Throws {@link DatabaseOpenError} UNSAFE_SETTINGS when this server may lose what it has committed. */
export async function requireSafeSettings(lane: Lane, allowUnsafe: boolean): Promise<void> {
  const names = REQUIRED.map((name) => `current_setting('${name}')`).join(', ')
  const { rows } = await lane.run(`select current_setting('server_encoding'), ${names}`)
  const [encoding, ...values] = rows[0] ?? []
  if (encoding !== 'UTF8') {
    throw new DatabaseOpenError(
      'UNSAFE_SETTINGS',
      `The database's encoding is ${String(encoding)}; it must be UTF8.`,
    )
  }
  const off = REQUIRED.filter((_, place) => values[place] === 'off')
  if (off.length === 0 || allowUnsafe) return
  const message = `Postgres runs with ${off.join(', ')} off: it may lose messages that were acknowledged. Switch on: ${off.join(', ')}.`
  throw new DatabaseOpenError('UNSAFE_SETTINGS', message)
}
