import { execFileSync } from 'node:child_process'
import { chromium, type Browser } from 'playwright-core'
import { test } from 'vitest'

/** The Chromium of this machine; playwright's own is never downloaded. */
function findChromium(): string | undefined {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    try {
      return execFileSync('which', [name], { encoding: 'utf8' }).trim()
    } catch {
      // The next name.
    }
  }
  return undefined
}

const executablePath = findChromium()
/** True where browser tests are skipped. */
export const isChromiumMissing =
  executablePath === undefined && process.env['REQUIRE_CHROMIUM'] !== '1'
if (isChromiumMissing) console.log('skipped: tests in a browser, because there is no Chromium')

/** A test that needs Chromium: skipped where there is none, failing there when REQUIRE_CHROMIUM=1. */
// oxlint-disable-next-line vitest/no-disabled-tests, vitest/expect-expect -- those who use it give the test
export const browserTest = test.skipIf(isChromiumMissing)

/** Starts a browser; disposing ends it. */
export async function openBrowser(): Promise<Browser & AsyncDisposable> {
  if (executablePath === undefined) throw new Error('there is no chromium on the path')
  return chromium.launch({
    executablePath,
    // Chromium's own sandbox does not start as root, and a container's shared memory is small.
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  })
}
