import type { Deps } from './deps.ts'
import { carryOutErasures } from './erasure.ts'
import { deliverNotifications } from './notification/deliver.ts'
import { SearchIndexer } from './search/indexer.ts'

/** Begins everything that goes on behind the calls. */
export function startJobs(deps: Deps): void {
  deps.jobs.start('notifications', (breath) => deliverNotifications(deps, breath))
  deps.jobs.start('erasures', (breath) => carryOutErasures(deps, breath))
  const indexer = new SearchIndexer(deps)
  deps.journal.onCommitted((events) => indexer.committed(events))
  deps.jobs.start(
    'search',
    (breath) => indexer.run(breath),
    () => indexer.close(),
  )
}
