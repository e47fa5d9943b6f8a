import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/**
 * The environment in which packages are installed. Headers that came with this Node spare the compile of a native addon its
 * download of them. They also win over a configured `nodedir`: that may be another Node's, and an addon compiled with it would
 * not load.
 */
export function installEnvironment() {
  const nodeDir = resolve(dirname(process.execPath), '..')
  const hasHeaders = existsSync(join(nodeDir, 'include', 'node', 'node.h'))
  return hasHeaders ? { ...process.env, npm_config_nodedir: nodeDir } : process.env
}
