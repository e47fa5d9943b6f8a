import { homedir } from 'node:os'
import { join } from 'node:path'
import { usage } from '../cli/failure.ts'

/** The environment, as far as it says where profiles are. */
export interface PlaceEnvironment {
  readonly XDG_CONFIG_HOME?: string | undefined
  readonly HOME?: string | undefined
}

/** A letter or digit first: no path, no hidden file. */
const PROFILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** The folder of all profiles. */
function profilesFolder({ XDG_CONFIG_HOME, HOME }: PlaceEnvironment): string {
  const isSet = XDG_CONFIG_HOME !== undefined && XDG_CONFIG_HOME !== ''
  const config = isSet ? XDG_CONFIG_HOME : join(HOME ?? homedir(), '.config')
  return join(config, 'tidings', 'profiles')
}

/**
 * The folder of one profile.
 * @throws Failure USAGE for a name that is none
 */
export function profileFolder(environment: PlaceEnvironment, name: string): string {
  if (!PROFILE_NAME.test(name)) {
    throw usage(
      `“${name}” is no name of a profile: 1 to 64 letters, digits, _ . - beginning with a letter or digit.`,
    )
  }
  return join(profilesFolder(environment), name)
}
