import { safeJson, safeText } from '../words/safe-text.ts'
import type { FailureReport } from './failure.ts'
import type { Paint } from './paint.ts'

/** Where a command tells what it has found: results on stdout, everything else on stderr. */
export interface Output {
  readonly json: boolean
  readonly paint: Paint
  /** A result: with `--json` the object on one line, else the words. The words must be safe to show. */
  result(value: object, words: string): void
  /** Something that is no result: a hint, the state of the connection. */
  notice(message: string): void
  failure(report: FailureReport): void
}

/** What an {@link Output} writes to. */
export interface OutputStreams {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
}

/** Writes to the given streams. */
export function createOutput(
  { stdout, stderr }: OutputStreams,
  { json, paint }: { readonly json: boolean; readonly paint: Paint },
): Output {
  return {
    json,
    paint,
    result(value, words) {
      if (json) stdout.write(`${safeJson(value)}\n`)
      else if (words !== '') stdout.write(`${words}\n`)
    },
    notice(message) {
      stderr.write(json ? `${safeJson({ notice: { message } })}\n` : `${message}\n`)
    },
    failure({ code, message }) {
      if (json) stderr.write(`${safeJson({ error: { code, message } })}\n`)
      // Whoever pressed Ctrl-C knows.
      else if (code !== 'INTERRUPTED') stderr.write(`tidings: ${safeText(message)} (${code})\n`)
    },
  }
}
