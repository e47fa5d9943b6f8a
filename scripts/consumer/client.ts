// A stranger's program on the client packages: compiled against the packed archives with skipLibCheck off, then run.
import * as protocol from '@tidings/protocol'
import * as numbered from '@tidings/protocol/numbered'
import * as sync from '@tidings/protocol/sync'
import * as wire from '@tidings/protocol/wire'
import * as sdk from '@tidings/sdk'

const entries: Readonly<Record<string, object>> = { protocol, numbered, sync, wire, sdk }
for (const [name, entry] of Object.entries(entries))
  if (Object.keys(entry).length === 0) throw new Error(`${name} exports nothing`)
