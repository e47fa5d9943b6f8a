import type { Page } from 'playwright-core'

/**
 * Whether what somebody has said waits in the IndexedDB of a page, where the page that is loaded next finds it. It is shown
 * before that, and what is shown alone goes with its page.
 */
export function isKept(page: Page, text: string): Promise<boolean> {
  return page.evaluate(async (said) => {
    const answerOf = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.addEventListener('success', () => resolve(request.result))
        request.addEventListener('error', () => reject(new Error(String(request.error))))
      })
    const found: unknown[] = []
    for (const { name = '' } of await indexedDB.databases()) {
      const database = await answerOf(indexedDB.open(name))
      const rows = database.transaction('rows').objectStore('rows')
      found.push(await answerOf(rows.getAll(IDBKeyRange.bound('outbox/', 'outbox0'))))
      database.close()
    }
    return JSON.stringify(found).includes(said)
  }, text)
}
