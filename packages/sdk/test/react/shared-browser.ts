import { openBrowser } from '../support/chromium.ts'

let opened: ReturnType<typeof openBrowser> | undefined

/** One browser for the tests of a file: starting it takes longer than most of them. */
export function shared(): ReturnType<typeof openBrowser> {
  opened ??= openBrowser()
  return opened
}

/** At the end of each file: the next one may be run by another process. */
export async function closeShared(): Promise<void> {
  const browser = await opened
  opened = undefined
  await browser?.close()
}
