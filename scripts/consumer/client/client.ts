// A stranger's program on the client packages: compiled against the packed archives with skipLibCheck off, then run.
import * as protocol from '@tidings/protocol'
import * as numbered from '@tidings/protocol/numbered'
import * as sync from '@tidings/protocol/sync'
import * as wire from '@tidings/protocol/wire'
import * as sdk from '@tidings/sdk'
import * as file from '@tidings/sdk/file'
import * as indexeddb from '@tidings/sdk/indexeddb'
import * as react from '@tidings/sdk/react'
import * as sqlite from '@tidings/sdk/sqlite'
import * as tabs from '@tidings/sdk/tabs'
// Loads the server, which is not installed here; its types need none.
import type * as testing from '@tidings/sdk/testing'

const entries: Readonly<Record<string, object>> = {
  ...{ protocol, numbered, sync, wire, sdk },
  ...{ file, indexeddb, react, sqlite, tabs },
}
for (const [name, entry] of Object.entries(entries))
  if (Object.keys(entry).length === 0) throw new Error(`${name} exports nothing`)

export type Kit = keyof typeof testing
