// Removes what was built. The build info goes with the output: left behind, it makes `tsc -b` believe that nothing is to do.
import { rmSync } from 'node:fs'

for (const name of ['protocol', 'server', 'sdk', 'cli-demo', 'playground', 'bench']) {
  rmSync(new URL(`../packages/${name}/dist`, import.meta.url), { recursive: true, force: true })
}
