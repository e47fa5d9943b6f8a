import * as z from 'zod'
import { fitsInBytes, textProblem } from './json.ts'
import { LIMITS } from './limits.ts'

/**
 * Characters that show nothing: spaces, controls, format characters, fillers. Private and unassigned ones may show
 * something: the next year's emoji are unassigned to whoever does not know them yet.
 */
const INVISIBLE = /^[\u034F\s\p{Cc}\p{Cf}\p{Cs}\p{Z}\u115F\u1160\u3164\uFFA0\u2800]*$/u

/** True when a reader would see nothing. */
export function isBlank(text: string): boolean {
  return INVISIBLE.test(text)
}

/** One-line text that people read: trimmed, NFC, no control characters, not blank. */
export function lineSchema(maxLength: number): z.ZodType<string, string> {
  return z
    .string()
    .max(maxLength * 4)
    .transform((text) => text.normalize('NFC').trim())
    .pipe(
      z
        .string()
        .max(maxLength)
        .refine((text) => !isBlank(text), 'must not be empty')
        .refine((text) => textProblem(text) === undefined, 'not well-formed text')
        .refine((text) => !/\p{Cc}/u.test(text), 'control characters are not allowed'),
    )
}

/** Text of several lines that people read: trimmed, NFC, no control characters but line ends, not blank. */
export function proseSchema(maxLength: number): z.ZodType<string, string> {
  return z
    .string()
    .max(maxLength * 4)
    .transform((text) => text.normalize('NFC').replaceAll(/\r\n?/g, '\n').trim())
    .pipe(
      z
        .string()
        .max(maxLength)
        .refine((text) => !isBlank(text), 'must not be empty')
        .refine((text) => textProblem(text) === undefined, 'not well-formed text')
        .refine((text) => !/(?!\n)\p{Cc}/u.test(text), 'control characters are not allowed'),
    )
}

/** Text that people read, of several lines: kept byte for byte, not blank, at most so many bytes of UTF-8. */
export function textSchema(maxBytes: number): z.ZodString {
  return z
    .string()
    .max(maxBytes)
    .refine((text) => textProblem(text) === undefined, 'not well-formed text')
    .refine((text) => !isBlank(text), 'must not be empty')
    .refine((text) => fitsInBytes(text, maxBytes), `longer than ${maxBytes} bytes`)
}

/** The text of a message: kept byte for byte, not blank, at most 16 KiB. */
export const messageTextSchema: z.ZodString = textSchema(LIMITS.messageBytes)
