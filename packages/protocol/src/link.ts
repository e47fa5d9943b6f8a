import { fitsInBytes, textProblem } from './json.ts'
import { CLIENT_LIMITS } from './client-limits.ts'

const WEB_LINK = /^https?:\/\/[^\s\p{Cc}/?#]+[^\s\p{Cc}]*$/iu

/**
 * Says what keeps a text from being a link of the web, or undefined. `javascript:`, `data:` and the like must never reach
 * a page that makes links of what others have sent.
 */
export function linkProblem(url: string): string | undefined {
  if (!fitsInBytes(url, CLIENT_LIMITS.linkBytes))
    return `longer than ${CLIENT_LIMITS.linkBytes} bytes`
  return textProblem(url) ?? (WEB_LINK.test(url) ? undefined : 'not a link of http or https')
}
