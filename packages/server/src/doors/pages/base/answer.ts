import type { TidingsError } from '@tidings/protocol/wire'
import type { HtmlEscapedString } from 'hono/utils/html'
import { retryAfter } from '../../rest/answer.ts'

/** What a page is answered with besides itself. */
export interface AnswerOptions {
  /** What the page is about: it says which status the answer has, and when to come again. */
  readonly error?: TidingsError | undefined
  /** @default that of the error, or 200 */
  readonly status?: number | undefined
  /** Where else, after a form was sent, the browser may be led: origins, or schemes of apps. */
  readonly formTargets?: readonly string[] | undefined
  readonly cookies?: readonly string[] | undefined
}

/**
 * A page, under a policy that lets nothing run, load or frame it: what others have written is text in it, and if one day it
 * is not, it can do nothing.
 */
export async function answerPage(
  page: HtmlEscapedString | Promise<HtmlEscapedString>,
  { error, status = error?.httpStatus, formTargets = [], cookies = [] }: AnswerOptions = {},
): Promise<Response> {
  const policy = [
    "default-src 'none'",
    "style-src 'self'",
    `form-action ${["'self'", ...formTargets].join(' ')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
  const headers = new Headers({
    ...retryAfter(error?.details.retryAfterMs ?? 0),
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    // With `no-referrer` a browser hides from us, too, where a form comes from.
    'referrer-policy': 'same-origin',
  })
  for (const cookie of cookies) headers.append('set-cookie', cookie)
  return new Response(`<!doctype html>${(await page).toString()}`, {
    status: status ?? 200,
    headers,
  })
}

/** Leads the browser on, by GET whatever it did before. */
export function leadTo(address: string, cookies: readonly string[] = []): Response {
  const headers = new Headers({ location: address, 'referrer-policy': 'same-origin' })
  for (const cookie of cookies) headers.append('set-cookie', cookie)
  return new Response(null, { status: 303, headers })
}
