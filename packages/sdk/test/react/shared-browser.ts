import { isChromiumMissing, openBrowser } from '../support/chromium.ts'

/** One browser for the tests of a file: starting it takes longer than most of them. */
export const shared: ReturnType<typeof openBrowser> = isChromiumMissing
  ? Promise.reject(new Error('there is no chromium'))
  : openBrowser()
shared.catch(() => undefined)

export async function closeShared(): Promise<void> {
  if (!isChromiumMissing) await (await shared).close()
}
