import type { ExternalEntry, ExternalPerson } from './auth/external-person.ts'
import type { Providers } from './auth/proven-identity.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import type { Machine } from './machine.ts'

interface Surroundings {
  readonly clock: Clock
  readonly machine: Pick<Machine, 'elapsed'>
  /** The key of the session of somebody for whom the app's own back end vouches. */
  readonly admit: (person: ExternalPerson) => Promise<number>
}

/** What lets in users who have accounts elsewhere. What speaks to others is loaded for those who have configured it. */
export async function openElsewhere(
  { externalTokens, providers }: Pick<Config, 'externalTokens' | 'providers'>,
  { clock, machine, admit }: Surroundings,
): Promise<{ readonly external: ExternalEntry | undefined; readonly providers: Providers }> {
  const tokens = externalTokens && (await import('./auth/external-token.ts'))
  const clients = providers.length > 0 ? await import('./auth/sign-in-provider.ts') : undefined
  return {
    external: tokens && { ...tokens.openExternalTokens(externalTokens, clock), admit },
    providers: clients?.openProviders(providers, () => machine.elapsed()) ?? new Map(),
  }
}
