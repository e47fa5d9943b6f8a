// What other people wrote reaches a terminal, and a terminal obeys: ESC sequences move the cursor, rename the window or answer
// as if typed; bidi overrides turn the order of what is shown around; invisible characters make two names look the same.

/** Shows nothing or changes how its neighbours are shown: joiners, fillers, bidi marks and overrides, variation selectors, tags. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\uFFF9-\uFFFB]/gu
const LINE_BREAKS = /\r\n|[\n\u0085\u2028\u2029]/g
// oxlint-disable-next-line no-control-regex -- finding control characters is the purpose
const CONTROLS = /[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/g
/** More marks on one letter than any script needs: they grow over the neighbouring lines. */
const STACKED_MARKS = /(\p{M}{4})\p{M}+/gu
/** Most of what is written. */
const HARMLESS = /^[ -~\n]*$/
const TAB = '    '

/** A control character as a picture of itself, so that an attempt is seen rather than hidden. */
function pictureOf(control: string): string {
  if (control === '\t') return TAB
  const code = control.charCodeAt(0)
  if (code < 0x20) return String.fromCharCode(0x2400 + code)
  return code === 0x7f ? '\u2421' : '\uFFFD'
}

/** Text of several lines, safe to show: line breaks are `\n`, and nothing else moves the cursor or is invisible. */
export function safeText(text: string): string {
  if (HARMLESS.test(text)) return text
  return text
    .replace(/\p{Cs}/gu, '\uFFFD')
    .replace(LINE_BREAKS, '\n')
    .replace(CONTROLS, pictureOf)
    .replace(INVISIBLE, '')
    .replace(STACKED_MARKS, '$1')
}

/** What somebody types or pastes, as it is meant: line breaks stay, tabs are blanks, other controls are left out. */
export function typedText(text: string): string {
  return text.replaceAll('\t', TAB).replace(CONTROLS, '')
}

/** {@link safeText} on one line, for names and previews. */
export function safeLine(text: string): string {
  return safeText(text).replace(/\s+/g, ' ').trim()
}

/**
 * JSON on one line that a terminal does not obey either: what {@link safeText} takes out is escaped, so that a program
 * reads exactly what was written.
 */
export function safeJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007F-\u009F\u2028\u2029\uFFF9-\uFFFB\p{Default_Ignorable_Code_Point}]/gu,
    escapeUnits,
  )
}

function escapeUnits(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
}
