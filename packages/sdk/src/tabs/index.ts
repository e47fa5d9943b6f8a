/** Several tabs as one client, with one connection and one outbox. */
export { shareTabs } from './share-tabs.ts'
export type { TabSharing } from '../news.ts'
